"""How ``okta-kit lab`` serves, whatever the user's own files say; an option it is given wins.

JupyterLab reads this file; ``get_config`` is its word.
"""

import secrets

c = get_config()  # type: ignore[name-defined]  # noqa: F821

c.ServerApp.ip = "localhost"
c.IdentityProvider.token = secrets.token_hex(24)
