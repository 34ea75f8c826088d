"""Which people of a file were there already."""

from __future__ import annotations

from array import array

from contacts.services.importing.rows import Candidate


class HashTable:
    """A set of hashes of 64 bits in eight bytes each, where Python's own takes eighty: files have millions of rows."""

    def __init__(self, expected: int = 0) -> None:
        self._size = 1 << max(10, (expected * 3 // 2).bit_length())
        self._slots = array("q", bytes(8 * self._size))
        self._count = 0

    def __contains__(self, number: int) -> bool:
        return bool(self._slots[self._place(number)])

    def add(self, number: int) -> bool:
        """True when it was there already."""
        slots, mask = self._slots, self._size - 1
        place = number & mask
        while found := slots[place]:  # as `_place`; once more here, because every row of every file comes by
            if found == number:
                return True
            place = (place + 1) & mask
        slots[place] = number
        self._count += 1
        if self._count * 4 > self._size * 3:
            self._grow()
        return False

    def _place(self, number: int) -> int:
        """Where it is, or the free slot where it belongs. 0 means free, so no hash may be 0."""
        slots, mask = self._slots, self._size - 1
        place = number & mask
        while slots[place] and slots[place] != number:
            place = (place + 1) & mask
        return place

    def _grow(self) -> None:
        kept = [number for number in self._slots if number]
        self._size *= 2
        self._slots = array("q", bytes(8 * self._size))
        for number in kept:
            self._slots[self._place(number)] = number


class Seen:
    """Recognises a person who comes again in the file."""

    def __init__(self, rows: int = 0) -> None:
        """`rows`: how many the file has, so that room is made once."""
        self._table = HashTable(3 * rows)

    def repeats(self, person: Candidate) -> bool:
        """True when an earlier row was the same person: same external id, same email, or the same phone where
        one of the two has nothing else."""
        repeated = False
        if person.key:
            repeated |= self._table.add(_hash("key", person.key))
        if person.email:
            repeated |= self._table.add(_hash("email", person.email))
        if not person.phone:
            return repeated
        alone = _hash("phone alone", person.phone)
        if person.key or person.email:
            self._table.add(_hash("phone", person.phone))
            return repeated or alone in self._table
        self._table.add(alone)
        return self._table.add(_hash("phone", person.phone))


def _hash(kind: str, text: str) -> int:
    return hash((kind, text)) or 1
