"""Okta's sentences in other languages of the Admin Console, with the vendor's English inside.

What a vendor answers stands there as the vendor wrote it, mostly in English, behind a sentence of
Okta's in the admin's language. The sentences of the task page that a public source quotes are read
whole; of others the part that is English is taken.
"""

from __future__ import annotations

import re

from kit.base.patterns import lazy_pattern
from kit.messages.parts import Draft, fill_in

__all__ = ["is_english", "translated"]

_TASKS = (
    (
        # help.okta.com/oie/ja-jp/content/topics/provisioning/lcm/troubleshooting.htm
        lazy_pattern(
            r"ユーザー(.{1,200}?)のアプリ(.{1,200}?)への自動プロビジョニングに失敗しました[:。 ]*"
        ),
        "provisioning",
    ),
)
"""Sentences of the task page: the user, the app, and behind them what the app said."""
_LEADS = lazy_pattern(
    r"(?:Error (?:while|authenticating|during)|Errors? reported by|Could not |Unable to |Failed to "
    r"|Cannot |Received response|An error |Matching user not found|Api validation failed"
    r"|The |HTTP [45]\d\d|[45]\d\d [A-Z][a-z]+|[A-Z][a-z]+ [A-Z][a-z]+\. Errors reported"
    r"|\{ ?\")"
)
"""How the English of an answer begins."""
_WINDOW, _SENTENCE = 400, 12
"""How far a colon is looked for, and the characters that a vendor's sentence has at least."""
_COLON = lazy_pattern(r"[:\uff1a] ?")
_LETTER = lazy_pattern(r"[^\W\d_]")
_OTHERS = frozenset(
    "der das und nicht wurde ist für von des zur bei fehlgeschlagen konnte werden le la les du"
    " des une est pas pour échoué utilisateur impossible lors el los del una para usuario se ha"
    " al da não foi para usuário ao il lo della utente per non gebruiker het een niet voor"
    " van mislukt användaren inte för kunde ikke bruger bruker til kunne nie użytkownika dla został"
    " se nepodařilo uživatele pro için olarak kullanıcı kullanıcısının kullanıcının uygulaması"
    " uygulamasına otomatik başarısız oldu edilemedi pengguna aplikasi untuk ke gagal otomatis"
    " tidak dapat cho người dùng ứng dụng không được tự động thành công của felhasználó nem"
    " sikerült automatikus käyttäjän ei onnistunut utilizatorului pentru nu reușit".split()
)
"""Small words of the languages that Okta ships and that are written in Latin letters."""
_WITHOUT_BLANKS = lazy_pattern(
    "失败|失敗|无法|無法|用户|使用者|应用|ユーザー|アプリ|ません|できな|ました"
)
"""Words of the languages that Okta ships and that are written without blanks."""
_ENGLISH = frozenset(
    "the a an is are was were be to of for in on with by not from user failed could cannot has have"
    " this that your already does do while".split()
)


def is_english(text: str) -> bool:
    """Tell whether a text may be English: by its letters, else by its small words.

    Args:
        text: a text; one of few words counts as English. What stands before a colon is looked at
            by itself: Okta's sentence may be in another language than the vendor's behind it.
    """
    head = _COLON.split(text[:600], 1)[0]
    return _may_be_english(text[:600]) and (head == text[:600] or _may_be_english(head))


def _may_be_english(text: str) -> bool:
    letters = _LETTER.findall(text)
    foreign = sum(letter > "\u024f" for letter in letters)  # behind the Latin letters
    if (letters and foreign > 0.3 * len(letters)) or _WITHOUT_BLANKS.search(text):
        return False
    if text.isascii() and len(letters) < 12:
        return True
    words = re.findall(r"[^\W\d_]+", text.casefold())
    others = sum(word in _OTHERS for word in words)
    return others < 3 or others <= 2 * sum(word in _ENGLISH for word in words)


def translated(text: str, draft: Draft) -> str | None:
    """Take off a sentence of Okta's in another language.

    Args:
        text: the text so far.
        draft: the parts read so far; gets what a known sentence says.

    Returns:
        What stands behind the sentence; None where the text is English, or holds no English.
    """
    for sentence, operation in _TASKS:
        if match := sentence.search(text, 0, 500):
            fill_in(draft, operation=operation, user=match[1].strip(), app=match[2].strip())
            return text[match.end() :]
    lead = next(
        (m for m in _LEADS.finditer(text, 1, 400) if text[m.start() - 1] in ' :(「"：'), None
    )
    if lead is None or is_english(text[: lead.start()]):
        return _behind_colon(text, draft)
    fill_in(draft, said=text[: lead.start()].strip(" :("))
    return text[lead.start() :]


def _behind_colon(text: str, draft: Draft) -> str | None:
    """What stands behind the first colon, where it is English and what stands before is not."""
    head, *rest = _COLON.split(text[:_WINDOW], 1)
    if not rest or len(rest[0]) < _SENTENCE or is_english(head) or not is_english(rest[0]):
        return None
    fill_in(draft, said=head.strip())
    return text[len(head) :].lstrip(" :\uff1a")
