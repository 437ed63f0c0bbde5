"""Okta's sentences in other languages: what is known is read, and the vendor's English is taken."""

from __future__ import annotations

import pytest

from kit.catalogue.explain import explanation
from kit.messages import is_english, parse

JAPANESE = "ユーザーAda ExampleのアプリAnvil Worksへの自動プロビジョニングに失敗しました:"
GERMAN = "Automatische Bereitstellung des Benutzers Ada für die App Anvil ist fehlgeschlagen: "
ANSWER = (
    "Error while creating user ada@example.com: Conflict. "
    "Errors reported by remote server: userName is taken"
)


def test_a_known_sentence_of_the_task_page_is_read() -> None:
    """In Japanese as in English: the operation, the user, the app and the vendor's answer."""
    message = parse(JAPANESE + ANSWER)

    assert (message.operation, message.user, message.app) == (
        "provisioning",
        "Ada Example",
        "Anvil Works",
    )
    assert (message.http_status, message.vendor_message) == (409, "userName is taken")


def test_a_sentence_that_is_known_whole_has_its_remedy() -> None:
    """The refused credentials of the connection, as Okta's help quotes them."""
    text = "APIへの接続に使用された資格情報が無効です。構成を確認してください"
    found = explanation(JAPANESE + text)

    assert (found.code, found.kind) == ("credentials_invalid", "credentials_refused")
    assert found.steps
    assert "not in English" in found.note


@pytest.mark.parametrize(
    "lead",
    [
        GERMAN,
        "Échec du provisionnement automatique de l'utilisateur Ada pour l'application Anvil : ",
        "Не удалось автоматически подготовить пользователя: ",
        "애플리케이션 Anvil에 대한 사용자 Ada의 자동 프로비저닝 실패: ",
        "用户 Ada 自动预配到应用 Anvil 失败：",
        "Error en el aprovisionamiento automático del usuario Ada para la aplicación Anvil: ",
        "O provisionamento automático do usuário Ada para o aplicativo Anvil não foi concluído: ",
        "Automatische inrichting van gebruiker Ada voor de app Anvil is niet gelukt: ",
        "Ada kullanıcısının Anvil uygulamasına otomatik sağlanması başarısız oldu: ",
        "Penyediaan otomatis pengguna Ada ke aplikasi Anvil gagal untuk pengguna: ",
        "Việc cấp phép tự động cho người dùng Ada không thành công: ",
    ],
)
def test_of_another_sentence_the_vendors_english_is_taken(lead: str) -> None:
    """And it is said that the rest is not English."""
    found = explanation(lead + ANSWER)

    assert (found.code, found.http_status) == ("already_exists", 409)
    assert found.vendor_message == "userName is taken"
    assert "not in English" in found.note


def test_a_vendors_words_of_any_sort_are_taken_from_behind_the_colon() -> None:
    """Also where they begin as no known answer does."""
    found = explanation(GERMAN + "Your session has expired")

    assert found.vendor_message == "Your session has expired"
    assert found.kind == "credentials_refused"
    assert "not in English" in found.note


def test_a_text_without_any_english_says_so() -> None:
    """With where the English words are."""
    found = explanation("サインインできません")

    assert found.kind is None
    assert "outcome.reason" in found.note


@pytest.mark.parametrize(
    "text",
    [
        "Automatic provisioning of user José Ñuñez to app Café failed: Matching user not found.",
        "Error while creating user Łukasz Żółć: Conflict",
        "INVALID_CREDENTIALS",
        "User der Mann does not exist",
        "Automatic provisioning of user 山田太郎 to app Anvil failed: Matching user not found.",
        "E0000011",
        "",
    ],
)
def test_names_of_other_languages_leave_a_text_english(text: str) -> None:
    """A person's name says nothing about the language of the sentence."""
    assert is_english(text)
    assert "not in English" not in explanation(text).note
