"""The validation options `buf/validate/validate.proto`, out of the protovalidate wheel.

The wheel carries the file's descriptor but no module that protobuf's own runtime can import, and
the file must keep the path it was published under. Registering the wheel's descriptor means that
no third-party contract is copied here and that options and validator can never disagree.
"""

from __future__ import annotations

from google.protobuf import (  # noqa: F401 - the descriptor below refers to these files
    descriptor_pb2,
    descriptor_pool,
    duration_pb2,
    field_mask_pb2,
    timestamp_pb2,
)
from google.protobuf.internal import builder
from protovalidate._gen.buf.validate import validate_pb

DESCRIPTOR = descriptor_pool.Default().AddSerializedFile(validate_pb.desc().proto.to_binary())
builder.BuildMessageAndEnumDescriptors(DESCRIPTOR, globals())
builder.BuildTopDescriptorsAndMessages(DESCRIPTOR, __name__, globals())
