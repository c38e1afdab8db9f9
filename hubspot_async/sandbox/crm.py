"""What an account holds: object types with their properties, records, lists and associations."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

Record: TypeAlias = dict[str, str]

OBJECT_ID = "hs_object_id"

_STANDARD = {
    "0-1": ("CONTACT", "email firstname lastname phone company website jobtitle lifecyclestage"),
    "0-2": ("COMPANY", "domain name city state country industry phone website"),
    "0-3": ("DEAL", "dealname amount dealstage pipeline closedate"),
    "0-5": ("TICKET", "subject content hs_pipeline hs_pipeline_stage hs_ticket_priority"),
    "0-7": ("PRODUCT", "name description price hs_sku"),
    "0-8": ("LINE_ITEM", "name price quantity hs_sku"),
    "0-14": ("QUOTE", "hs_title hs_status"),
    "0-18": ("COMMUNICATION", "hs_timestamp hs_communication_body"),
    "0-27": ("TASK", "hs_timestamp hs_task_body hs_task_subject"),
    "0-46": ("NOTE", "hs_timestamp hs_note_body"),
    "0-47": ("MEETING_EVENT", "hs_timestamp hs_meeting_title"),
    "0-48": ("CALL", "hs_timestamp hs_call_title"),
    "0-49": ("EMAIL", "hs_timestamp hs_email_subject"),
    "0-53": ("INVOICE", "hs_currency hs_due_date"),
    "0-54": ("MARKETING_EVENT", "hs_event_name hs_start_datetime"),
    "0-123": ("ORDER", "hs_order_name hs_currency_code"),
    "0-136": ("LEAD", "hs_lead_name"),
    "0-142": ("CART", "hs_cart_name"),
}
_FIRST_CUSTOM = 2_000_001


class ObjectType:
    """One type of record: its properties with their labels, and its records in the order they came."""

    def __init__(self, type_id: str, name: str, properties: Iterable[str] = ()) -> None:
        self.type_id = type_id
        self.name = name
        self.labels = {OBJECT_ID: "Record ID"} | {name: name for name in properties}
        self.records: dict[str, Record] = {}
        self._indexes: dict[str, dict[str, str]] = {}
        self._snapshot: tuple[Record, ...] | None = None

    def declare(self, properties: Iterable[str] | Mapping[str, str]) -> None:
        """Add properties; a mapping gives their labels, else a property is its own label."""
        if isinstance(properties, Mapping):
            self.labels.update(properties)
        else:
            self.labels.update({name: name for name in properties if name not in self.labels})

    def put(self, record_id: str, values: Record) -> None:
        """Create a record or change some values of one; snapshots taken before stay as they were."""
        old = self.records.get(record_id, {})
        record = old | values | {OBJECT_ID: record_id}
        for name, index in self._indexes.items():
            if index.get(old.get(name, "").casefold()) == record_id:
                del index[old[name].casefold()]
            if value := record.get(name):
                index[value.casefold()] = record_id
        self.records[record_id] = record
        self._snapshot = None

    def find(self, property_name: str, value: str) -> str | None:
        """Find the record whose property has this value, whatever the case of its letters."""
        if property_name == OBJECT_ID:
            return value if value in self.records else None
        index = self._indexes.get(property_name)
        if index is None:
            index = {r[property_name].casefold(): id for id, r in self.records.items() if r.get(property_name)}
            self._indexes[property_name] = index
        return index.get(value.casefold())

    def snapshot(self) -> tuple[Record, ...]:
        """All records as they are now; records are replaced, never changed, so this stays true."""
        if self._snapshot is None:
            self._snapshot = tuple(self.records.values())
        return self._snapshot


class Crm:
    """The records of one account."""

    def __init__(self) -> None:
        self.lists: dict[str, tuple[str, list[str]]] = {}
        self._types = {id: ObjectType(id, name, words.split()) for id, (name, words) in _STANDARD.items()}
        self._by_name = {kind.name: kind for kind in self._types.values()}
        self._associations: dict[tuple[str, str, str], list[str]] = {}
        self._next_id = 101

    def object_type(self, name: str) -> ObjectType | None:
        """Find a type by its name (`CONTACT`, `contacts`) or its objectTypeId (`0-1`)."""
        upper = name.strip().upper()
        singular = upper[:-3] + "Y" if upper.endswith("IES") else upper.removesuffix("S")
        return self._types.get(name) or self._by_name.get(upper) or self._by_name.get(singular)

    def ensure_type(self, name: str) -> ObjectType:
        """Find a type, or make a custom one of that name."""
        known = self.object_type(name)
        if known is not None:
            return known
        custom = ObjectType(f"2-{_FIRST_CUSTOM + len(self._types)}", name.upper())
        self._types[custom.type_id] = self._by_name[custom.name] = custom
        return custom

    def new_id(self) -> str:
        """Number a new record or list."""
        self._next_id += 1
        return str(self._next_id)

    def add(self, kind: ObjectType, values: Mapping[str, str]) -> str:
        """Create a record and say its id."""
        record_id = values.get(OBJECT_ID) or self.new_id()
        kind.put(record_id, dict(values))
        return record_id

    def add_list(self, kind: ObjectType, record_ids: Sequence[str], list_id: str | None = None) -> str:
        """Create a list of records and say its id."""
        list_id = list_id or self.new_id()
        self.lists[list_id] = (kind.type_id, list(record_ids))
        return list_id

    def associate(self, one: tuple[str, str], other: tuple[str, str]) -> bool:
        """Tie two records, each given as (objectTypeId, id), in both directions; say whether the tie is new."""
        there = self._associations.setdefault((*one, other[0]), [])
        if other[1] in there:
            return False
        there.append(other[1])
        self._associations.setdefault((*other, one[0]), []).append(one[1])
        return True

    def associated(self, kind: ObjectType, record_id: str, other: ObjectType) -> Sequence[str]:
        """Say which records of another type a record is tied to."""
        return self._associations.get((kind.type_id, record_id, other.type_id), ())
