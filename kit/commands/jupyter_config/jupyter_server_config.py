"""How ``okta-kit lab`` serves, whatever the user's own files say; an option it is given wins.

JupyterLab reads this file; ``get_config`` is its word.
"""

import secrets

from jupyter_server.auth import IdentityProvider

c = get_config()  # type: ignore[name-defined]  # noqa: F821

c.ServerApp.ip = "localhost"
c.IdentityProvider.token = secrets.token_hex(24)
# Jupyter prints the whole address only with a token that it takes to be its own.
IdentityProvider.token_generated = True
