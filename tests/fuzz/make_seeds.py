#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the dtrain authors
"""Writes the seeds of the fuzz targets: small files of every kind that the readers take.

    make_seeds.py DTRAIN    (the binary, which writes the checkpoint and a dataset file)

Inputs that once found a bug lie beside them in corpus/<target>, named after the bug.
"""
import gzip
import io
import json
import struct
import subprocess
import sys
import tarfile
import tempfile
import zlib
from pathlib import Path

import h5py
import numpy as np

CORPUS = Path(__file__).parent / "corpus"


def save(target, name, content):
    path = CORPUS / target / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def two(first, second):
    """How a target gets two files (target.hpp)."""
    return struct.pack("<H", len(first)) + first + second


def zipped(content):
    return gzip.compress(content, mtime=0)


def idx():
    images = struct.pack(">HBB3I", 0, 8, 3, 4, 2, 3) + bytes(range(24))
    labels = struct.pack(">HBBI", 0, 8, 1, 4) + bytes([0, 1, 2, 1])
    save("idx", "plain", two(images, labels))
    save("idx", "gzipped", two(zipped(images), zipped(labels)))


def cifar():
    save("cifar", "cifar10", b"\n" + zipped(b"".join(bytes([label]) + bytes(3072) for label in (3, 9))))
    save("cifar", "cifar100", b"d" + zipped(b"".join(bytes([1, label]) + bytes(3072) for label in (3, 99))))


def csv():
    save("csv", "bytes", "label,a,b,c,d\n1,0,1,2,255\n0,9,8,7,6\n")
    save("csv", "floats", "0.5;1e-3;-2;.25;cat\n\"1\"; 2 ;3;4;dog\n")
    save("csv", "tabs", "1\t2\t3\t4\t7\r\n\r\n5\t6\t7\t8\t0\r\n")


def gzip_files():
    save("gzip", "plain", "neither gzip nor empty")
    save("gzip", "members", zipped(b"one ") + zipped(b"two " * 100))
    raw = zlib.compressobj(0, zlib.DEFLATED, 31)
    save("gzip", "stored", raw.compress(b"stored") + raw.flush())


def tar():
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in (("a/b.bin", b"1234"), ("c.bin", b"12345"), ("long/" * 25 + "d", b"")):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        archive.addfile(tarfile.TarInfo("folder/"))
    save("tar", "archive", file.getvalue()[:6 * 512 + 1024])


def png(width, height, depth, kind, rows, *extra, interlace=0):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">2I5B", width, height, depth, kind, 0, 0, interlace)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunk(*part) for part in extra) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def images():
    save("image", "grey.png", png(3, 2, 8, 0, b"\0\1\2\3" b"\2\1\1\1"))
    save("image", "alpha.png", png(1, 1, 16, 6, b"\0" + bytes(8)))
    save("image", "palette.png",
         png(5, 2, 2, 3, b"\0\x1b\0" * 2, (b"PLTE", bytes(range(12))), (b"tRNS", b"\x80")))
    save("image", "interlaced.png", png(2, 2, 1, 0, b"\0\x80" * 3, interlace=1))
    save("image", "plain.pgm", "P2 # a comment\n2 2\n9\n0 3\n6 9\n")
    save("image", "plain.ppm", "P3\n1 1\n255\n1 2 3\n")
    save("image", "binary.pgm", b"P5\n2 2\n255\n\1\2\3\4")
    save("image", "wide.ppm", b"P6\n1 1\n65535\n\1\2\3\4\5\6")


def models():
    for file in sorted((CORPUS.parents[2] / "src/nn/models").glob("*.json")):
        if file.stat().st_size < 3000:
            save("model", file.name, file.read_bytes())
    layers = [{"type": "conv2d", "name": "c", "channels": 4, "kernel": [3, 1], "stride": 2, "padding": [1, 0]},
              {"type": "batch_norm", "epsilon": 1e-5}, {"type": "gelu"},
              {"type": "conv2d", "name": "d", "channels": 4, "kernel": 1, "groups": 2, "bias": False},
              {"type": "add", "inputs": ["c", "d"]}, {"type": "tanh"}, {"type": "max_pool", "window": 2},
              {"type": "average_pool", "window": [2, 1], "padding": 0}, {"type": "sigmoid"},
              {"type": "dropout", "rate": 0.5}, {"type": "global_average_pool"}, {"type": "flatten"},
              {"type": "relu"}, {"type": "linear", "units": "classes"}]
    save("model", "every-layer", json.dumps({"name": "all", "layers": layers, "training": {"lr": 0.1}}))


def settings():
    text = ("# a comment\nepochs = 3 # another\nlr = 1e-3\nweight_decay = 0.0005\n\"seed\" = 7\n"
            "augment = \"crop=4,flip\"\nnesterov = true\noverlap = false\nschedule = 'cosine'\n")
    save("toml", "settings", text + "data = \"a\\\\b\\\"c\\t\"\n")
    save("toml", "byte-order-mark", b"\xef\xbb\xbfkey=value\r\n")
    save("config", "settings", text)
    save("config", "other", "model = \"mlp\"\noptimizer = \"lamb\"\nbatch-per-rank = 16\nsteps = 0\nclip-norm = 1\n"
         "validation = .1\nthreads = 2\nbucket-mb = 0.5\ncomm = \"mpi\"\nloss = \"mse\"\nwarmup-epochs = 0.5\n")


def write_dataset(file, split_options):
    file.attrs.update(schema=1, name="seed", classes=["a", "b"], mean=[0.5], std=[0.25])
    for split, count in (("train", 5), ("test", 2)):
        images = np.arange(count * 4, dtype="u1").reshape(count, 1, 2, 2)
        file.create_dataset(f"{split}/images", data=images, **split_options)
        file.create_dataset(f"{split}/labels", data=np.arange(count) % 2)


def hdf5_files(dtrain):
    """Files as h5py writes them, whose headers have no checksums, and as dtrain does."""
    kinds = {"contiguous": {}, "checked": dict(chunks=(2, 1, 2, 2), fletcher32=True),
             "compressed": dict(chunks=(2, 1, 1, 2), compression="gzip", shuffle=True),
             "packed": dict(chunks=(2, 1, 2, 2), scaleoffset=0)}
    for name, options in kinds.items():
        with tempfile.NamedTemporaryFile() as file:
            with h5py.File(file.name, "w") as content:
                write_dataset(content, options)
            save("dataset", name, Path(file.name).read_bytes())
    with tempfile.NamedTemporaryFile() as file:
        with h5py.File(file.name, "w") as content:
            content["parameters/fc/weight"] = np.ones((2, 3), "f4")
            content["parameters/fc/bias"] = np.ones(2, ">f8")
            content.create_group("buffers")
        save("weights", "h5py", Path(file.name).read_bytes())
    with tempfile.TemporaryDirectory() as folder:
        def run(*words):
            subprocess.run([dtrain, *words], cwd=folder, check=True, stdout=subprocess.DEVNULL)

        run("data", "synth", "1x2x2:2:5", "-o", "data")
        save("dataset", "dtrain", Path(folder, "data").read_bytes())
        Path(folder, "tiny.json").write_text(
            '{"layers": [{"type": "linear", "units": "classes"}, {"type": "batch_norm"}]}')
        run("--model", "tiny.json", "--data", "synthetic:1x2x2:2:5", "--global-batch", "4", "--steps", "0", "--threads",
            "1", "--output", "run", "--progress", "none")
        checkpoint = Path(folder, "run", "checkpoint-0000.h5").read_bytes()
        save("checkpoint", "dtrain", checkpoint)
        save("weights", "checkpoint", checkpoint)


if __name__ == "__main__":
    for make in (idx, cifar, csv, gzip_files, tar, images, models, settings):
        make()
    hdf5_files(Path(sys.argv[1]).resolve())
