"""The bureau's own sign-in service (OpenID Connect), as the portal uses it.

Authlib carries out the protocol: authorisation code with PKCE (S256), state and nonce, and the
check of the identity token. This module says what may go wrong, in the words of the portal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import httpx2
import structlog
from authlib.integrations.starlette_client import OAuth, OAuthError
from joserfc.errors import JoseError
from starlette.requests import Request
from starlette.responses import Response

from law.errors import LawError
from plumbing.settings import Settings

NAME = "bureau"
CALLBACK = "/sign-in/sso/callback"
_SECONDS = 10.0
log = structlog.get_logger()


class SignInFailed(LawError):
    """The bureau's own sign-in service did not confirm who you are; sign in again.

    Raised for a state or nonce that is not ours, a wrong or expired identity token, and a refusal
    by the sign-in service.
    """

    reason = "SIGN_IN_FAILED"
    message_zh = "统一身份认证没有确认您的身份，请重新登录"


class ProviderAway(LawError):
    """The bureau's own sign-in service does not answer; try again later."""

    reason = "PROVIDER_AWAY"
    message_zh = "统一身份认证没有应答，请稍后再试"


@dataclass(frozen=True)
class Identity:
    """A person whom the sign-in service has confirmed, with everything that it says of them."""

    subject: str
    claims: dict[str, Any]


class Provider:
    """The sign-in service of one issuer."""

    def __init__(self, settings: Settings, **more: Any) -> None:
        self.issuer, self.name = settings.oidc_issuer.rstrip("/"), settings.oidc_name
        self._callback = f"{settings.portal_url.rstrip('/')}{CALLBACK}"
        self._client: Any = OAuth().register(
            NAME,
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret or None,
            server_metadata_url=f"{self.issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid profile email",
                "code_challenge_method": "S256",
                "timeout": _SECONDS,
                **more,
            },
        )

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        """Returns the provider of the settings; None if they name no issuer."""
        return cls(settings) if settings.oidc_issuer else None

    async def begin(self, request: Request) -> tuple[Response, dict[str, Any]]:
        """Returns the redirect to the sign-in service, and what must be kept until it answers.

        Raises ProviderAway if it does not answer.
        """
        request.scope["session"] = {}
        try:
            redirect: Response = await self._client.authorize_redirect(request, self._callback)
        except (httpx2.HTTPError, ValueError) as error:
            raise _away(error) from error
        return redirect, request.scope["session"]

    async def finish(self, request: Request, kept: dict[str, Any]) -> Identity:
        """Returns whom the sign-in service has confirmed.

        `kept` is what `begin` returned. Raises SignInFailed, and ProviderAway if the sign-in
        service does not answer.
        """
        request.scope["session"] = kept
        try:
            token = await self._client.authorize_access_token(
                request, claims_options={"iss": {"essential": True, "value": self.issuer}}
            )
            claims = dict(token["userinfo"])
            return Identity(str(claims["sub"]), claims)
        except httpx2.HTTPError as error:
            raise _away(error) from error
        except (OAuthError, JoseError, KeyError, ValueError) as error:
            log.warning("sign_in.not_confirmed", error=type(error).__name__)
            raise SignInFailed from error


def _away(error: Exception) -> ProviderAway:
    log.warning("sign_in.provider_away", error=repr(error))
    return ProviderAway()
