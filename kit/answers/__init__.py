"""What other programs get: an assistant typed answers, a SIEM failures as OCSF events."""
