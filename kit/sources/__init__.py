"""Where events come from: each source hands on events as the JSON that Okta sent."""
