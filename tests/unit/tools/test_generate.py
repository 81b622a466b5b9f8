"""Generated code can be imported, no module is empty, and every kind of drift is found."""

from __future__ import annotations

from pathlib import Path

import protovalidate
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from protos.buf.validate import validate_pb2
from tools import generate

SERVED = """
syntax = "proto3";
package quanheng.sample.v1;
import "buf/validate/validate.proto";
// Serves.
service SampleService {
  // Gets.
  rpc Get(Sample) returns (Sample);
}
// A sample.
message Sample {
  // Its name.
  string name = 1 [(buf.validate.field).string.min_len = 3];
}
"""
HEAD = SERVED.partition("// Serves.")[0].replace('import "buf/validate/validate.proto";', "")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "protos" / "sample" / "v1"
    folder.mkdir(parents=True)
    (folder / "sample.proto").write_text(SERVED)
    (folder / "events.proto").write_text(HEAD + "// Announced.\nmessage SampleTaken {}\n")
    generate.write(tmp_path)
    return tmp_path


def test_grpc_modules_are_made_only_where_there_is_a_service(root: Path) -> None:
    made = {path.name for path in (root / "protos/sample/v1").iterdir()}
    assert {"sample_pb2.py", "sample_pb2.pyi", "sample_pb2_grpc.py", "sample_pb2_grpc.pyi"} <= made
    assert {"events_pb2.py", "events_pb2.pyi", "__init__.py"} <= made
    assert not {"events_pb2_grpc.py", "events_pb2_grpc.pyi"} & made


def test_the_validation_options_are_imported_from_our_own_package(root: Path) -> None:
    code = (root / "protos/sample/v1/sample_pb2.py").read_text()
    assert "from protos.buf.validate import validate_pb2" in code
    assert "from buf.validate" not in code


def test_fresh_code_does_not_drift_and_every_other_kind_does(root: Path) -> None:
    assert generate.drift(root) == []
    folder = root / "protos/sample/v1"
    (folder / "sample_pb2.pyi").write_text("# changed by hand\n")
    (folder / "events_pb2.py").unlink()
    (folder / "gone_pb2.py").write_text("# its .proto is gone\n")
    drift = generate.drift(root)
    names = ["events_pb2.py", "gone_pb2.py", "sample_pb2.pyi"]
    assert drift == [f"protos/sample/v1/{name}" for name in names]
    generate.write(root)
    assert generate.drift(root) == []
    assert not (folder / "gone_pb2.py").exists()


def test_a_package_docstring_is_kept(root: Path) -> None:
    marker = root / "protos/sample/__init__.py"
    marker.write_text('"""Samples."""\n')
    generate.write(root)
    assert marker.read_text() == '"""Samples."""\n'


def test_a_contract_that_does_not_compile_stops_everything(root: Path) -> None:
    (root / "protos/sample/v1/sample.proto").write_text('syntax = "proto3"; message {')
    with pytest.raises(generate.BrokenContract):
        generate.write(root)


def test_the_validator_obeys_the_options(root: Path, tmp_path: Path) -> None:
    generate.image(root, tmp_path / "image.binpb")
    image = descriptor_pb2.FileDescriptorSet.FromString((tmp_path / "image.binpb").read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in image.file:
        pool.Add(file)
    sample = message_factory.GetMessageClass(
        pool.FindMessageTypeByName("quanheng.sample.v1.Sample")
    )
    validator = protovalidate.Validator()
    assert validator.collect_violations(sample(name="abc")) == []
    (violation,) = validator.collect_violations(sample(name="ab"))
    assert violation.proto.rule_id == "string.min_len"


def test_the_options_keep_the_path_they_were_published_under() -> None:
    assert validate_pb2.DESCRIPTOR.name == generate.OPTIONS


def test_the_options_are_those_of_the_validator() -> None:
    assert generate.stale_options() == []
