"""The gRPC methods that the HTTP interface offers: the allow-list in `offered.txt`.

A method that has no line there does not exist under `/api/v1`. Methods that only services may call
have none. A test compares the lines with the access policies of the services.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor, MethodDescriptor
from google.protobuf.message import Message

import protos
from plumbing.addresses import ISSUERS, SERVICES, TERM_KEEPERS

PREFIX = "quanheng."
# A line has package, service and method; `public` means that no token is needed.
TABLE = Path(__file__).with_suffix(".txt")
# The processes that serve a package that is not named after its process.
_SERVED_BY = {
    "identity": ("registry",),
    "calendar": TERM_KEEPERS,
    "letters": ISSUERS,
    "operations": SERVICES,
}


@dataclass(frozen=True)
class FileUpload:
    """The fields of a method that takes a file: a header, whose message is given, and content."""

    header: str
    message: Descriptor
    content: str


@dataclass(frozen=True)
class Method:
    """One gRPC method of one process, as the HTTP interface offers it.

    `public` is true if a caller needs no token.
    """

    process: str
    descriptor: MethodDescriptor
    public: bool

    @property
    def service(self) -> str:
        """The name of the gRPC service without its package, such as RegistryService."""
        return str(self.descriptor.containing_service.name)

    @property
    def grpc_path(self) -> str:
        """The path of the method in gRPC."""
        return f"/{self.descriptor.containing_service.full_name}/{self.descriptor.name}"

    @property
    def path(self) -> str:
        """The path under `/api/v1`; it names the process where several processes serve it."""
        shared = len(_processes(self.descriptor)) > 1
        return f"/{self.process}{self.grpc_path}" if shared else self.grpc_path

    @property
    def request(self) -> type[Message]:
        """The class of the request message."""
        return message_factory.GetMessageClass(self.descriptor.input_type)

    @property
    def response(self) -> type[Message]:
        """The class of the response message."""
        return message_factory.GetMessageClass(self.descriptor.output_type)

    @property
    def streams(self) -> bool:
        """Whether the request is a stream of messages."""
        return bool(self.descriptor.client_streaming)

    @property
    def upload(self) -> FileUpload | None:
        """The fields of an uploaded file; None for a method that takes none."""
        fields = self.descriptor.input_type.fields
        contents = [field.name for field in fields if field.type == field.TYPE_BYTES]
        headers = [(field.name, m) for field in fields if (m := field.message_type) is not None]
        if self.streams and contents and headers:
            return FileUpload(*headers[0], contents[0])
        return None


@cache
def methods() -> tuple[Method, ...]:
    """Returns every offered method, in the order of the table."""
    _load_contract()
    return tuple(_methods())


def _methods() -> Iterator[Method]:
    pool = descriptor_pool.Default()
    for line in TABLE.read_text().splitlines():
        name, _, public = line.partition(" ")
        service, _, method = name.partition("/")
        found = pool.FindServiceByName(PREFIX + service).methods_by_name[method]
        for process in _processes(found):
            yield Method(process, found, public == "public")


def _processes(method: MethodDescriptor) -> tuple[str, ...]:
    package = str(method.containing_service.file.package).split(".")[1]
    return _SERVED_BY.get(package, (package,))


def _load_contract() -> None:
    """Imports the generated modules, so that the descriptors of every service are known."""
    modules: list[Any] = [
        importlib.import_module(module.name)
        for module in pkgutil.walk_packages(protos.__path__, "protos.")
        if module.name.endswith("_pb2")
    ]
    if not modules:
        raise AssertionError("The contract has no generated modules")
