"""The validation options `buf/validate/validate.proto`, as the protovalidate wheel carries them.

The wheel carries the file's descriptor but no module that protobuf's own runtime can import, and
the file must keep the path it was published under. `tools/generate.py` writes the wheel's
descriptor beside this module, because loading the wheel takes longer than all other contracts
together; it finds any difference between the two.
"""

from __future__ import annotations

from pathlib import Path

from google.protobuf import (  # noqa: F401 - the descriptor below refers to these files
    descriptor_pb2,
    descriptor_pool,
    duration_pb2,
    field_mask_pb2,
    timestamp_pb2,
)
from google.protobuf.internal import builder

OPTIONS = Path(__file__).with_name("validate.binpb")
DESCRIPTOR = descriptor_pool.Default().AddSerializedFile(OPTIONS.read_bytes())
builder.BuildMessageAndEnumDescriptors(DESCRIPTOR, globals())
builder.BuildTopDescriptorsAndMessages(DESCRIPTOR, __name__, globals())
