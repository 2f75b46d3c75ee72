"""Settings, folders and encoders of a library in Milvus."""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import replace
from typing import Any, Final

from lookalike.library.records import EncoderInfo, Folder, Mount, Place
from lookalike.remote.milvus.base import Base
from lookalike.remote.milvus.books import Record, hashed
from lookalike.types import Encoder, EncoderId, FileId, Slot

__all__ = ["Settings"]

_DEFAULTS: Final = {"parts": "0", "members": "1"}


class Settings(Base):
    """A part of :class:`~lookalike.remote.milvus.store.MilvusStore`."""

    def setting(self, key: str) -> str | None:
        """See :class:`~lookalike.library.store.Store`, as for all that follow."""
        if key == "uuid":
            return self._uuid
        found = self._book("meta", "setting").get([hashed(key)])
        return found.get(hashed(key), _DEFAULTS.get(key))

    def put_setting(self, key: str, value: str) -> None:
        with self.writing():
            self._book("meta", "setting").put({hashed(key): Record(value)})

    def folders(self) -> list[Folder]:
        found = [_folder(value) for _, value in self._book("meta", "folder").all()]
        return sorted(found, key=lambda folder: os.fsencode(folder.path))

    def put_folder(self, folder: Folder) -> None:
        value = [
            folder.path,
            folder.exclude,
            folder.everything,
            folder.mounts,
            folder.offline,
        ]
        with self.writing():
            self._book("meta", "folder").put({hashed(folder.path): Record(value)})

    def drop_folder(self, path: str) -> None:
        with self.writing():
            self._book("meta", "folder").drop([hashed(path)])

    # Encoders

    def encoders(self) -> list[EncoderInfo]:
        found = [_encoder(value) for _, value in self._book("meta", "encoder").all()]
        return sorted(found, key=lambda e: (e.slot, not e.current, e.id))

    def put_encoder(
        self,
        slot: Slot,
        origin: str,
        encoder: Encoder,
        *,
        current: bool,
        card: str | None = None,
        data: bytes | None = None,
    ) -> EncoderInfo:
        with self.writing():
            made = EncoderInfo(
                _id_of(slot, encoder.fingerprint),
                slot,
                encoder.name,
                origin,
                encoder.fingerprint,
                encoder.bits,
                encoder.embedding_size,
                current,
            )
            known = next((e for e in self.encoders() if e.id == made.id), None)
            if known is not None:
                made = replace(known, origin=origin)
            packed = None if data is None else base64.b64encode(data).decode("ascii")
            self._book("meta", "data").put({str(made.id): Record([card, packed])})
            self._put_encoder(made)
            return made

    def _put_encoder(self, made: EncoderInfo) -> None:
        value = [
            made.id,
            made.slot,
            made.name,
            made.origin,
            made.fingerprint,
            made.bits,
            made.embedding_size,
            made.current,
        ]
        self._book("meta", "encoder").put({str(made.id): Record(value)})

    def encoder_card(self, encoder: EncoderId) -> str | None:
        card: str | None = self._data(encoder)[0]
        return card

    def encoder_data(self, encoder: EncoderId) -> tuple[str, bytes] | None:
        card, packed = self._data(encoder)
        return None if card is None or packed is None else (card, base64.b64decode(packed))

    def _data(self, encoder: EncoderId) -> tuple[Any, Any]:
        card, packed = (
            self._book("meta", "data").get([str(encoder)]).get(str(encoder), (None, None))
        )
        return card, packed

    def make_current(self, encoder: EncoderInfo) -> None:
        with self.writing():
            self._flush()
            self._put_encoder(replace(encoder, current=True))
            others = [e for e in self.encoders() if e.slot == encoder.slot and e.id != encoder.id]
            for other in others:
                self._book("meta", "encoder").drop([str(other.id)])
                self._book("meta", "data").drop([str(other.id)])
                for what in (codes_name(other), *pieces_names(other)):
                    self._forms.drop(what)
            self._touch(epoch=True)


def codes_name(encoder: EncoderInfo) -> str:
    """What an encoder's codes are called among the library's collections."""
    return f"{encoder.slot}_{encoder.id}"


def pieces_names(encoder: EncoderInfo) -> tuple[str, str]:
    """What the codes of parts and of views are called."""
    return f"parts_{encoder.id}", f"views_{encoder.id}"


def _id_of(slot: str, fingerprint: str) -> EncoderId:
    """The same at every writer, so that two that begin at once mean one encoder."""
    digest = hashlib.sha256(f"{slot}\0{fingerprint}".encode()).digest()
    return EncoderId(int.from_bytes(digest[:4], "big") >> 1)


def _folder(value: list[Any]) -> Folder:
    path, exclude, everything, mounts, offline = value
    return Folder(
        path,
        tuple(exclude),
        everything,
        tuple(Mount(*mount) for mount in mounts),
        tuple(Place(where, why, FileId(since)) for where, why, since in offline),
    )


def _encoder(value: list[Any]) -> EncoderInfo:
    number, *rest = value
    return EncoderInfo(EncoderId(number), *rest)
