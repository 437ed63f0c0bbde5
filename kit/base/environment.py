"""What a process of ours that is not okta-kit itself gets of the environment: what it needs to run.

A secret is known by no list of names, so nothing is passed on but what is named here. Jupyter,
Python, XDG and Windows name the variables in their own documentation.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kit.base.errors import UsageError
from kit.base.patterns import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["SECRET_NAME", "SECRET_VALUE", "needed_variables", "passed_variables"]

SECRET_NAME = lazy_pattern(
    r"TOKEN|SECRET|PASSW|PRIVATE_?KEY|API_?KEY|CREDENTIAL|^OKTA_CLIENT_|^OKTA_KIT_(NOTIFY|REDACT_KEY)",
    re.I,
)
"""Names of what holds a secret: no parameter has such a name, and no kernel gets one unasked."""

SECRET_VALUE = lazy_pattern(
    r"(?<![\w-])00[\w-]{40}(?![\w-])"  # Okta's API tokens
    r"|\bSSWS\s|\bBearer\s"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}"  # a JSON web token
    r"|-----BEGIN [A-Z ]*KEY"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[opsu]_\w{30,}|\bxox[abprs]-\w{8,}"
    r"|://[^/\s:@]+:[^/\s@]+@"  # a URL with a password
)
"""What a secret looks like."""

_NEEDED_NAMES = lazy_pattern(
    r"PATH|HOME|USER|LOGNAME|SHELL|PWD|TERM|TZ|LANG|LANGUAGE|LC_\w+|TMPDIR|TEMP|TMP"
    r"|VIRTUAL_ENV|CONDA_(PREFIX|DEFAULT_ENV)|(DY)?LD_LIBRARY_PATH"
    r"|PYTHON(PATH|HOME|HASHSEED|UTF8|IOENCODING|WARNINGS|NOUSERSITE|USERBASE|SAFEPATH"
    r"|DONTWRITEBYTECODE|PYCACHEPREFIX|UNBUFFERED|MALLOC|DEVMODE|FAULTHANDLER)"
    r"|JUPYTER_\w+|IPYTHONDIR|MPL\w+|XDG_\w+|FONTCONFIG_\w+|NO_COLOR"
    r"|(OMP|OPENBLAS|MKL|NUMEXPR|VECLIB|BLIS)_\w+|ARROW_\w+"
    r"|(SSL_CERT|REQUESTS_CA|CURL_CA)_\w+|((HTTPS?|ALL|NO)_PROXY)"
    r"|OKTA_KIT_\w+"
    r"|SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT|APPDATA|LOCALAPPDATA|PROGRAMDATA"
    r"|PROGRAMFILES(\(X86\))?|USERPROFILE|HOMEDRIVE|HOMEPATH|NUMBER_OF_PROCESSORS"
    r"|PROCESSOR_\w+",
    re.I,
)
_SPARK = lazy_pattern(r"JAVA_HOME|_?JAVA_(TOOL_)?OPTIONS|(SPARK|PYSPARK|HADOOP|YARN)_\w+", re.I)
_ORGS = lazy_pattern(
    r"^OKTA_CLIENT_|^OKTA_KIT_(NOTIFY|REDACT_KEY)$|^OKTA.*(TOKEN|SECRET|PASSW|KEY)", re.I
)
_ORGS_VALUE = lazy_pattern(r"(?<![\w-])00[\w-]{40}(?![\w-])|\bSSWS\s|-----BEGIN [A-Z ]*PRIVATE KEY")


def needed_variables(*, spark: bool = False) -> dict[str, str]:
    """The variables that a process needs to run; none that is named or looks like a secret.

    Args:
        spark: what Java and Spark need, too.
    """
    return {
        name: value
        for name, value in os.environ.items()
        if (_NEEDED_NAMES.fullmatch(name) or (spark and _SPARK.fullmatch(name)))
        and not SECRET_NAME.search(name)
        and not SECRET_VALUE.search(value)
        and not (name.upper().endswith("_PROXY") and _has_login(value))
    }


def passed_variables(
    names: Sequence[str], environment: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The variables that a user passes on by name.

    Args:
        names: the names.
        environment: where they are looked up; the process's own if left out.

    Raises:
        UsageError: one is not set, is no name, or holds the org's credentials.
    """
    variables = os.environ if environment is None else environment
    orgs = {value for name, value in variables.items() if _ORGS.search(name) and len(value) > 7}
    values = {}
    for name in names:
        if "=" in name or not name:
            raise UsageError("--pass-env: name the variable alone; its value is the environment's.")
        if name not in variables:
            raise UsageError(f"--pass-env {name}: it is not set. Set it, or leave the option out.")
        value = variables[name]
        if _ORGS.search(name) or value in orgs or _ORGS_VALUE.search(value):
            raise UsageError(
                f"--pass-env {name}: it holds credentials of okta-kit or of the org, which no "
                "notebook ever gets. Leave it out."
            )
        values[name] = value
    return values


def _has_login(url: str) -> bool:
    """Whether a proxy's address holds a login; one without a scheme is read as one with it."""
    try:
        return "@" in urlsplit(url if "://" in url else f"//{url}").netloc
    except ValueError:
        return True
