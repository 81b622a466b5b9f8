"""A gRPC channel that takes certificates which were replaced, without a restart.

gRPC for Python reads the files of a client once. So the next call after they were replaced goes out
on a new channel; calls under way, their repetitions among them, end on the one they began on.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any, Self

import grpc

from plumbing.renewed_tls import Replaced


class RenewedChannel(grpc.aio.Channel):
    """A channel, and the one that `make` opens once files were replaced that fit together.

    Its stubs stay as they are. The former channel is closed by gRPC once its last call has ended,
    which refers to it until then: a call that is repeated needs it open.
    """

    def __init__(
        self, first: grpc.aio.Channel, make: Callable[[], grpc.aio.Channel], replaced: Replaced
    ) -> None:
        self._current, self._make, self._replaced = first, make, replaced
        self._methods: dict[tuple[str, str], Any] = {}  # of the current channel, as they are called

    def _method(self, arity: str, method: str, *more: Any, **named: Any) -> Any:
        """Returns what a stub calls: the method of the channel of that moment."""

        def call(*arguments: Any, **options: Any) -> Any:
            channel = self._renewed()
            known = self._methods.get((arity, method))
            if known is None:
                known = getattr(channel, arity)(method, *more, **named)
                self._methods[arity, method] = known
            going = known(*arguments, **options)
            going.add_done_callback(partial(_ended, channel))
            return going

        return call

    def _renewed(self) -> grpc.aio.Channel:
        following = self._replaced.taken(self._make)
        if following is not None:
            self._current, self._methods = following, {}
        return self._current

    def unary_unary(self, *arguments: Any, **named: Any) -> Any:
        """Returns what makes calls of a method; the others are the same with streams."""
        return self._method("unary_unary", *arguments, **named)

    def unary_stream(self, *arguments: Any, **named: Any) -> Any:
        return self._method("unary_stream", *arguments, **named)

    def stream_unary(self, *arguments: Any, **named: Any) -> Any:
        return self._method("stream_unary", *arguments, **named)

    def stream_stream(self, *arguments: Any, **named: Any) -> Any:
        return self._method("stream_stream", *arguments, **named)

    async def close(self, grace: float | None = None) -> None:
        """Closes the current channel; its calls have `grace` seconds to end."""
        await self._current.close(grace)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        return self._current.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        await self._current.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        await self._current.channel_ready()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        await self.close()
        return None


def _ended(_channel: grpc.aio.Channel, _call: Any) -> None:
    """Is called when a call has ended, and has kept its channel until then."""
