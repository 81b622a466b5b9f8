"""Every RPC of the platform, found in the descriptors of the contract."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf import message_factory
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

import protos
from plumbing.addresses import ISSUERS, SERVICES, TERM_KEEPERS

# Which processes serve a package that is not named like its process.
ELSEWHERE: dict[str, Sequence[str]] = {
    "identity": ("registry",),
    "calendar": TERM_KEEPERS,
    "letters": ISSUERS,
    "operations": SERVICES,
}


@dataclass(frozen=True)
class Rpc:
    """One RPC of one process."""

    host: str
    path: str
    name: str  # "RegistryService.GetSubject"
    request: type[Message]
    response: type[Message]
    streaming: bool

    def __str__(self) -> str:
        return f"{self.host}:{self.name}"

    def call(
        self,
        channel: grpc.aio.Channel,
        request: Any,
        *,
        timeout: float,
        **more: Any,
    ) -> Any:
        """Makes the call; a streaming call sends a list of messages."""
        return self.caller(channel)(request, timeout=timeout, **more)

    def caller(self, channel: grpc.aio.Channel) -> Callable[..., Any]:
        """A function that makes the call: (request, timeout=…, metadata=…)."""
        coders: dict[str, Any] = {
            "request_serializer": _serialised,
            "response_deserializer": self.response.FromString,
        }
        if not self.streaming:
            return channel.unary_unary(self.path, **coders)
        stream = channel.stream_unary(self.path, **coders)
        return lambda request, **more: stream(iter(request), **more)


def _serialised(message: Message | bytes) -> bytes:
    """The bytes of a message; bytes are returned as they are."""
    return message if isinstance(message, bytes) else message.SerializeToString()


def all_rpcs() -> list[Rpc]:
    """Every RPC of every process, in a fixed order."""
    return sorted(_found(), key=lambda rpc: (rpc.host, rpc.path))


def _found() -> Iterator[Rpc]:
    for module in pkgutil.walk_packages(protos.__path__, "protos."):
        if module.name.endswith("_pb2"):
            descriptor = importlib.import_module(module.name).DESCRIPTOR
            package = descriptor.package.split(".")[1]
            for service in descriptor.services_by_name.values():
                for method in service.methods:
                    for host in ELSEWHERE.get(package, (package,)):
                        yield _rpc(host, method)


def _rpc(host: str, method: MethodDescriptor) -> Rpc:
    service = method.containing_service
    return Rpc(
        host=host,
        path=f"/{service.full_name}/{method.name}",
        name=f"{service.name}.{method.name}",
        request=message_factory.GetMessageClass(method.input_type),
        response=message_factory.GetMessageClass(method.output_type),
        streaming=bool(method.client_streaming),
    )
