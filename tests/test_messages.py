"""A failure's text becomes its parts, whatever is missing."""

from __future__ import annotations

import pytest

from kit.messages import parse

IDS = (
    "Trace ID: 11111111-2222-3333-4444-555555555555 "
    "Correlation ID: 66666666-7777-8888-9999-000000000000 Timestamp: 2026-10-27 09:05:00Z"
)


TASK = (
    "Automatic provisioning of user Ada Lovelace to app Microsoft Office 365 failed: Could not "
    "validate your Office 365 credentials, received error: 400 AADSTS50126: Error validating "
    f"credentials due to invalid username or password. {IDS}"
)


def test_a_task_sentence_gives_all_its_layers() -> None:
    """Outer, inner, carrier and payload, each in its place."""
    found = parse(TASK)

    assert found.operation == "provisioning"
    assert found.user == "Ada Lovelace"
    assert found.app == "Microsoft Office 365"
    assert found.http_status == 400
    assert found.vendor_code == "AADSTS50126"
    assert found.vendor_message == (
        "Error validating credentials due to invalid username or password."
    )
    assert found.trace_id == "11111111-2222-3333-4444-555555555555"
    assert found.correlation_id == "66666666-7777-8888-9999-000000000000"
    assert found.timestamp == "2026-10-27 09:05:00Z"


@pytest.mark.parametrize(
    "changed",
    [
        TASK.replace(" Trace", "\r\nTrace").replace(" Corr", "\r\nCorr").replace(" Time", "\nTime"),
        f"`{TASK}`",
        TASK.replace("AADSTS50126", "`AADSTS50126`"),
        f"An error occurred while assigning this app.\n{TASK}",
        f"  {TASK}\n",
        f'"{TASK}"',
    ],
    ids=["line breaks", "back-ticks", "ticked code", "banner", "blanks", "quotes"],
)
def test_layout_does_not_change_what_is_read(changed: str) -> None:
    """Line breaks, back-ticks, banners and quotes are no part of a message."""
    assert parse(changed) == parse(TASK)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Error while creating user Ada : Conflict", {"user": "Ada", "http_status": 409}),
        (
            "Automatic provisioning of user A to app B to app Slack failed: Unauthorized",
            {"user": "A to app B", "app": "Slack", "http_status": 401},
        ),
        (
            "Automatic provisioning of user to app Slack failed: Bad Request",
            {"user": None, "app": "Slack", "http_status": 400},
        ),
        (
            "An error occurred during import The ledger is closed",
            {"operation": "import", "text": "The ledger is closed"},
        ),
        (
            "An error occurred while creating the client. Please try again.",
            {"text": "An error occurred while creating the client. Please try again."},
        ),
        (
            "Automatic deactivation of user Ada from app Slack failed: Forbidden",
            {"user": "Ada", "app": "Slack", "http_status": 403},
        ),
        (
            "Failed on 2026-03-04T10:00:00.000Z: Unable to create Group Push mapping target App "
            "group Smiths: EMEA: Error while creating user group Smiths: EMEA: Conflict",
            {"group": "Smiths: EMEA", "timestamp": "2026-03-04T10:00:00.000Z", "http_status": 409},
        ),
        ("Import of users from Anvil failed: Shut", {"operation": "import", "text": "Shut"}),
        ("Directory agent A1 encountered an import error: Shut", {"text": "Shut"}),
        ("rpc error: code = null desc = Shut", {"vendor_code": None, "text": "Shut"}),
        (
            "AADSTS50126: Wrong. Trace ID: <TraceID> Correlation ID: [id] Timestamp: <Timestamp>",
            {"text": "Wrong.", "trace_id": None, "correlation_id": None, "timestamp": None},
        ),
        (
            "It is shut; correlation id 7f3a9c21-1111-4222-8333-944445555666",
            {"correlation_id": "7f3a9c21-1111-4222-8333-944445555666"},
        ),
        ("Rate Limit Exceeded", {"http_status": 429, "vendor_code": None}),
        ("404 page not found", {"http_status": 404, "vendor_code": None}),
        ("500 users were imported", {"http_status": None, "text": "500 users were imported"}),
        (
            "Too Many Requests. Errors reported by remote server: Slow down; please include the "
            "request ID 8C2A:3B1F:12AB34:5C6D78:65A1B2C3.",
            {"http_status": 429, "request_id": "8C2A:3B1F:12AB34:5C6D78:65A1B2C3"},
        ),
        ("INVALID_CREDENTIALS", {"vendor_code": "INVALID_CREDENTIALS"}),
        ("DUPLICATE_USERNAME: Duplicate Username.", {"vendor_code": "DUPLICATE_USERNAME"}),
        ("E0000047: API call exceeded rate limit", {"vendor_code": "E0000047"}),
        (
            '{"error":{"code":"Request_BadRequest","message":"usageLocation is invalid."}}',
            {"vendor_code": "Request_BadRequest", "text": "usageLocation is invalid."},
        ),
        (
            'Errors reported by remote server: {"status":"409","scimType":"uniqueness","detail":"x',
            {"http_status": 409, "vendor_code": "uniqueness"},
        ),
        (
            "Received response with HTTP status code 429. httpStatusCode=429 errorCode= "
            "errorMessage=\"\" client-request-id= request-id=ab timestamp='' method=GET",
            {"http_status": 429, "vendor_code": None, "request_id": "ab", "method": "GET"},
        ),
        (
            "Could not validate your Office 365 credentials, received error.",
            {"text": "Could not validate your Office 365 credentials"},
        ),
    ],
)
def test_each_wrapper_is_read(text: str, expected: dict[str, object]) -> None:
    """The forms that Okta and vendors use, and their missing parts."""
    found = parse(text)

    assert {name: getattr(found, name) for name in expected} == expected


@pytest.mark.parametrize("text", [None, "", "  ", "null", "\r\n"])
def test_nothing_said_is_an_empty_message(text: str | None) -> None:
    """No reason is no text, not an unknown one."""
    assert parse(text).text == ""


@pytest.mark.parametrize("end", range(len(TASK) - len(IDS) - 60, len(TASK)))
def test_a_text_may_end_anywhere(end: int) -> None:
    """What was read before the cut stays read."""
    found = parse(TASK[:end])

    assert (found.operation, found.user) == ("provisioning", "Ada Lovelace")


def test_the_cause_at_the_end_of_a_long_trace_is_found() -> None:
    """A stack trace is longer than what is read, and its last cause is the reason."""
    frames = "".join(f"\n\tat com.example.Frame{n}.run(Frame{n}.java:{n})" for n in range(300))
    trace = f"java.io.IOException: wrapped{frames}\nCaused by: java.net.ConnectException: refused"

    assert len(trace) > 10_000
    assert parse(trace).exception == "java.net.ConnectException"
    assert parse(trace).vendor_message == "refused"


@pytest.mark.parametrize("sign", ["=", ": ", ":", " = "])
@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("request-id", "request_id"), ("requestId", "request_id"), ("Request ID", "request_id"),
        ("x-amzn-RequestId", "request_id"), ("X-Request-Id", "request_id"),
        ("REQUEST_ID", "request_id"),
        ("client-request-id", "client_request_id"), ("Client Request ID", "client_request_id"),
        ("x-ms-client-request-id", "client_request_id"), ("Correlation ID", "correlation_id"),
        ("correlationId", "correlation_id"), ("X-Correlation-ID", "correlation_id"),
        ("Trace ID", "trace_id"), ("traceId", "trace_id"), ("trace_id", "trace_id"),
    ],
)  # fmt: skip
def test_an_id_is_known_by_its_name_in_any_spelling(name: str, part: str, sign: str) -> None:
    """Before the sentence, after it, in brackets, and as a field of JSON; the sentence is left."""
    value = "7f3a9c21-1111-4222-8333-944445555666"
    for text in (
        f"{name}{sign}{value} The ledger is closed",
        f"The ledger is closed {name}{sign}{value}",
        f"[{name}{sign}{value}] The ledger is closed",
        f"The ledger is closed ({name}{sign}{value})",
        f'{{"message": "The ledger is closed", "{name}": "{value}"}}',
    ):
        found = parse(text)
        assert getattr(found, part) == value, text
        assert found.vendor_message == "The ledger is closed", text


@pytest.mark.parametrize(
    "lead",
    [
        "",
        "409 ",
        "409 Conflict: ",
        "HTTP 409 ",
        "Error: ",
        "Response: ",
        "Conflict. Errors reported by remote server: ",
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        '{"status":409,"code":"taken_name","message":"It is taken"}',
        '{"Errors":[{"description":"It is taken","code":"taken_name"}],"status":"409"}',
        '[{"errorCode":"taken_name","message":"It is taken","status":409}]',
        '{"status":409,"error":{"code":"taken_name","message":{"lang":"x","value":"It is taken"}}}',
        "{'status': 409, 'code': 'taken_name', 'message': 'It is taken'}",
        '{""status"":409,""code"":""taken_name"",""message"":""It is taken""}',
        "{&quot;status&quot;:409,&quot;code&quot;:&quot;taken_name&quot;,"
        "&quot;message&quot;:&quot;It is taken&quot;}",
        '{\\"status\\":409,\\"code\\":\\"taken_name\\",\\"message\\":\\"It is taken\\"}',
        '{"status":409,"code":"taken_name","message":"It is taken","more":"cut off he',
        "<Error><Status>409</Status><Code>taken_name</Code><Message>It is taken</Message></Error>",
        'status=409 code=taken_name message="It is taken" method=POST',
    ],
    ids=[
        "flat",
        "scim 1.1",
        "array",
        "odata",
        "quotes",
        "doubled",
        "entities",
        "escaped",
        "cut",
        "xml",
        "pairs",
    ],
)
def test_a_document_is_read_wherever_it_starts(lead: str, body: str) -> None:
    """Shapes that no vendor is named for, after any words."""
    found = parse(lead + body)

    assert (found.http_status, found.vendor_code) == (409, "taken_name")
    assert found.vendor_message == "It is taken"


@pytest.mark.parametrize(
    ("said", "user", "group"),
    [
        ("Error while creating user Ada Q. Lovelace", "Ada Q. Lovelace", None),
        ("Error while creating user Ada ", "Ada", None),
        ("Error while verifying if user Ada exists", "Ada", None),
        ("Error while verifying if user exists", None, None),
        ("Error while reactivating user ada@example.com", "ada@example.com", None),
        ("Error pushing password for user Ada", "Ada", None),
        ("Error while trying to push profile update for Ada", "Ada", None),
        ("Error while deleting user group Anvil Smiths", None, "Anvil Smiths"),
        ("Error while updating user group membership for group Anvil Smiths", None, "Anvil Smiths"),
        ("Could not create user in Anvil", None, None),
        ("Failed to push user profile to Anvil", None, None),
        (
            "Could not reactivate Office 365 user ada@example.com, received error",
            "ada@example.com",
            None,
        ),
        ("Unable to enable Office 365 directory sync for the company, received error", None, None),
    ],
)
def test_oktas_sentence_names_whom_it_is_about(
    said: str, user: str | None, group: str | None
) -> None:
    """The templates of Okta's event types, of apps that no code names."""
    found = parse(f"{said}: Ledger is closed")

    assert (found.user, found.group) == (user, group)
    assert found.vendor_message == "Ledger is closed"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Error while creating user Ada: null", ""),
        ("Automatic sync of user Ada to app Anvil failed: ", ""),
        ("Sync user in external application FAILURE:", ""),
        ("Errors reported by remote server: null", ""),
        ("Error while creating user Ada: java.lang.Error: null", "java.lang.Error"),
    ],
)
def test_a_wrapper_around_nothing_says_nothing(text: str, said: str) -> None:
    """A literal ``null`` in Okta's sentence is no text; an exception without words is its class."""
    found = parse(text)

    assert (found.text, found.vendor_message) == (said, None)


@pytest.mark.parametrize("length", [0, 600, 3_000])
def test_ids_at_the_end_of_a_long_answer_are_found(length: int) -> None:
    """A vendor's sentence may be long; its ids stand behind it."""
    found = parse(f"400 AADSTS50079: {'You must enrol. ' * (length // 16)}Enrol first. {IDS}")

    assert found.trace_id == "11111111-2222-3333-4444-555555555555"
    assert found.correlation_id == "66666666-7777-8888-9999-000000000000"
    assert found.timestamp == "2026-10-27 09:05:00Z"
    assert found.vendor_message is not None
    assert found.vendor_message.endswith("Enrol first.")


def test_a_field_out_of_a_json_text_is_read_as_one() -> None:
    """People copy the part that they think matters."""
    found = parse('"status":409,"code":"taken_name","message":"It is taken"')

    assert (found.http_status, found.vendor_code) == (409, "taken_name")
    assert found.vendor_message == "It is taken"
    assert parse('"description":"long_username (user=ada)"').vendor_code == "long_username"


@pytest.mark.parametrize(
    ("text", "user"),
    [
        ('User "rosa" is there already', "rosa"),
        ("User rosa@example.com is there already", "rosa@example.com"),
        ("User <name> is there already", "<name>"),
        ("User profile is locked", None),
        ("Could not check it, received error: Bad words., user: rosa@example.com",
         "rosa@example.com"),
    ],
)  # fmt: skip
def test_a_user_whom_a_sentence_marks_is_read(text: str, user: str | None) -> None:
    """By quotes, brackets or an address; a plain word may be anything."""
    assert parse(text).user == user


@pytest.mark.parametrize(
    "text",
    [
        "Could not synchronize user with app",
        "LDAP agent failed to reset the password",
        "User attempted to open the app",
        "Error while posting to Okta",
        "Active Directory authentication failed: wrong user name",
    ],
)
def test_where_okta_alone_speaks_the_vendor_has_no_words(text: str) -> None:
    """The text still tells faults apart."""
    found = parse(text)

    assert found.vendor_message is None
    assert found.text
    task = parse(f"Automatic provisioning of user Ada to app Anvil failed: {text}")
    assert task.vendor_message == text or "authentication" in text


@pytest.mark.parametrize(
    "text",
    [
        "This choice creates a conflict.",
        "User suspended",
        "Too many enrollment attempts for SMS factor",
        "App assignment attempted for user 00u1 but user is in inactive status INACTIVE",
        "API login failed because credentials were invalid",
    ],
)
def test_where_okta_speaks_alone_no_vendor_has_words(text: str) -> None:
    """Okta's own pages and events say it of themselves."""
    assert parse(text).vendor_message is None


def test_an_attribute_that_active_directory_names_is_no_code() -> None:
    """``Att 9005a (unicodePwd)`` says on what, not what is wrong."""
    text = (
        "AtrErr: DSID-03190FD6, problem 1005 (CONSTRAINT_ATT_TYPE), data 0, Att 9005a (unicodePwd)"
    )

    assert parse(text).vendor_code != "unicodePwd"
