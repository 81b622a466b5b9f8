"""What a mail server's refusals and delays mean: only what speaks of the recipient is final."""

from __future__ import annotations

import asyncio
from email.message import EmailMessage

import pytest
from aiosmtplib.protocol import SMTPProtocol

from services.alerts.notices import mail
from services.alerts.notices.mail import MailError
from tests.mail_sink import Sink, sink


async def send_to(hostile: Sink) -> str:
    message = EmailMessage()
    message["From"], message["To"] = "quanheng@test.example", "unit@test.example"
    message["Subject"] = "异议处理结果告知"
    message.set_content("贵单位的异议已处理。\n")
    return await mail.send(message, hostile.url)


@pytest.mark.parametrize(
    "reply",
    [
        {"": "554 5.3.2 no service here"},
        {"MAIL": "550 5.7.1 sender refused"},
        {"MAIL": "530 5.7.0 authentication required"},
        {"RCPT": "530 5.7.0 authentication required"},
        {"RCPT": "550 5.7.1 relaying denied"},
        {"RCPT": "552 5.2.2 mailbox full"},
        {"RCPT": "450 4.2.1 try later"},
        {"DATA": "554 5.5.1 no valid recipients"},
        {".": "554 5.7.1 looks like spam"},
        {".": "550 policy"},
    ],
)
async def test_what_a_server_says_of_itself_or_of_the_sender_is_tried_again(
    reply: dict[str, str],
) -> None:
    async with sink(reply) as hostile:
        with pytest.raises(MailError) as caught:
            await send_to(hostile)
    assert not caught.value.final


@pytest.mark.parametrize(
    "reply",
    [
        {"RCPT": "550 no such user"},
        {"RCPT": "550 5.1.1 no such user"},
        {"RCPT": "553 mailbox name not allowed"},
        {"RCPT": "550 5.2.1 mailbox disabled"},
        {".": "550 5.1.1 no such user"},
    ],
)
async def test_what_a_server_says_of_the_recipient_is_final(reply: dict[str, str]) -> None:
    async with sink(reply) as hostile:
        with pytest.raises(MailError) as caught:
            await send_to(hostile)
    assert caught.value.final


async def test_a_reply_in_another_encoding_can_be_stored() -> None:
    # Else the mail would count as not sent, and be sent again and again.
    reply = "已收下".encode("gb18030").decode(errors="surrogateescape")
    async with sink({".": f"250 {reply}\0"}) as hostile:
        assert await send_to(hostile) == "已收下␀"
    async with sink({".": f"554 {reply}"}) as hostile:
        with pytest.raises(MailError) as caught:
            await send_to(hostile)
    assert str(caught.value).encode()


async def test_what_is_cancelled_as_a_reply_arrives_ends_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # As when the service ends just then: a server that hangs at the next line would hold it up.
    reads, replies = SMTPProtocol.data_received, 0

    def read_and_cancel(protocol: SMTPProtocol, data: bytes) -> None:
        nonlocal replies
        reads(protocol, data)
        replies += 1
        if replies == 3:  # to the connection, EHLO and MAIL
            sending.cancel()

    monkeypatch.setattr(SMTPProtocol, "data_received", read_and_cancel)
    async with sink(hangs=lambda line: line.startswith("RCPT")) as hostile:
        sending = asyncio.create_task(send_to(hostile))
        await asyncio.wait({sending}, timeout=mail.STEP_SECONDS / 2)
        assert sending.cancelled()


async def test_a_late_reply_to_the_content_is_waited_for_and_no_second_copy_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mail, "STEP_SECONDS", 0.3)
    async with sink(delays={".": 1.0}) as hostile:
        await send_to(hostile)
    assert hostile.contents == 1
    assert mail.CONTENT_SECONDS == 600


async def test_a_server_that_hangs_before_the_content_is_left_soon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mail, "STEP_SECONDS", 0.1)
    for step in ("", "MAIL", "RCPT"):
        async with sink(delays={step: 60.0}) as hostile:
            async with asyncio.timeout(5):
                with pytest.raises(MailError) as caught:
                    await send_to(hostile)
            assert not caught.value.final
