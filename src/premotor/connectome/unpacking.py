"""How much a binary table holds once it is unpacked, found without unpacking it.

An Arrow file (feather) says it in the metadata of its record batches (Arrow columnar format, "Encapsulated message
format"), which pyarrow gives out as the bytes of a flatbuffer only. A Parquet file says its rows, but not how long
their text is: that is seen while it is read, text by its dictionary.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from premotor.files import refuse_unpacked, size_text
from premotor.settings import note

_DICTIONARY, _BATCH = 2, 3
"""Kinds of messages."""
_ROWS, _LONG = 2**16, 4e9


def refuse_large_arrow(path: Path, columns: list[str] | None, held: bool = True) -> None:
    """Refuse an Arrow file of record batches that is too large to be read.

    Args:
        path: the file.
        columns: those that are read, all where it is None.
        held: whether all of it is in memory at one time; else a batch at a time.

    Raises:
        PremotorError: with the estimate.
    """
    with pa.memory_map(str(path)) as file:
        schema = pa.ipc.open_file(file).schema
    places: list[int] = []
    for field in schema:
        wanted = columns is None or field.name in columns
        places += [int(wanted)] * _buffers(field.type)
    every, largest = 0.0, 0.0
    try:
        found = list(_sizes(path))
    except (struct.error, IndexError, OverflowError):
        raise pa.ArrowInvalid("its record batches are damaged") from None
    for kind, sizes in found:
        known = kind == _BATCH and len(sizes) == len(places)
        size = sum(size for size, wanted in zip(sizes, places, strict=True) if wanted) if known else sum(sizes)
        every, largest = every + size, max(largest, size)
    _refuse(path, every, held)
    refuse_unpacked(path, largest)


def _refuse(path: Path, size: float, held: bool) -> None:
    refuse_unpacked(path, size, held=held)
    if not held and size > _LONG:
        note(f"{path} holds about {size_text(size)} and is read in parts, which takes minutes")


def _buffers(kind: pa.DataType) -> int:
    if pa.types.is_dictionary(kind):
        return 2
    return int(kind.num_buffers) + sum(_buffers(kind.field(number).type) for number in range(kind.num_fields))


def _sizes(path: Path) -> Iterator[tuple[int, list[int]]]:
    """Give the kind of every message and the unpacked sizes of its buffers, in bytes."""
    with pa.memory_map(str(path)) as file:
        file.seek(8)  # after its beginning the file is a stream
        for message in pa.ipc.MessageReader.open_stream(file):
            data = message.metadata.to_pybytes()
            (root,) = struct.unpack_from("<I", data)
            kind, table = data[_field(data, root, 1)], _follow(data, _field(data, root, 2))
            if kind not in (_DICTIONARY, _BATCH):
                continue
            table = _follow(data, _field(data, table, 1)) if kind == _DICTIONARY else table
            packed = _field(data, table, 3) != 0
            buffers = _follow(data, _field(data, table, 2))
            (count,) = struct.unpack_from("<I", data, buffers)
            sizes = []
            for number in range(count):
                start, size = struct.unpack_from("<qq", data, buffers + 4 + 16 * number)
                if packed and size:  # before what is packed stands its length, -1 where it is not
                    (length,) = struct.unpack_from("<q", message.body[start : start + 8])
                    size = length if length >= 0 else size - 8
                sizes.append(size)
            yield kind, sizes


def _field(data: bytes, table: int, number: int) -> int:
    """Return where a field of a flatbuffer's table is, 0 where it is absent."""
    (back,) = struct.unpack_from("<i", data, table)
    (size,) = struct.unpack_from("<H", data, table - back)
    place = 4 + 2 * number
    (offset,) = struct.unpack_from("<H", data, table - back + place) if place < size else (0,)
    return table + offset if offset else 0


def _follow(data: bytes, place: int) -> int:
    (offset,) = struct.unpack_from("<I", data, place)
    return place + int(offset)


def parquet_batches(path: Path, columns: list[str] | None, held: bool = True) -> Iterator[pa.RecordBatch]:
    """Give a Parquet file's rows in parts, each only after its size is known.

    Raises:
        PremotorError: with the estimate, where the file is too large to be read.
    """
    about = pa.parquet.ParquetFile(path)
    schema, rows = about.schema_arrow, about.metadata.num_rows
    wanted = list(schema.names) if columns is None else columns
    _refuse(path, 8.0 * rows * len(wanted), held)
    texts = [name for name in wanted if name in schema.names and _is_text(schema.field(name).type)]
    file = pa.parquet.ParquetFile(path, read_dictionary=texts)
    seen, size = 0, 0.0
    for batch in file.iter_batches(_ROWS, columns=columns):
        seen, size = seen + batch.num_rows, size + _decoded(batch)
        refuse_unpacked(path, size * rows / max(seen, 1), held=held)
        yield batch.cast(pa.schema([schema.field(name) for name in batch.schema.names]))


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _decoded(batch: pa.RecordBatch) -> float:
    """Return the bytes of a batch whose text is no longer a dictionary."""
    total = 0.0
    for values in batch.columns:
        if isinstance(values, pa.DictionaryArray):
            lengths = pc.binary_length(values.dictionary)
            total += 4.0 * len(values) + float(pc.sum(lengths.take(values.indices)).as_py() or 0)
        else:
            total += values.nbytes
    return total
