from hubspot_async.cli.demo.compare import SHOWN, differences

HEADER = ("Id", "Name")
ANA, BO = {"Id": "1", "Name": "Ana"}, {"Id": "2", "Name": "Bo"}


def test_order_is_of_no_account() -> None:
    assert differences(HEADER, [ANA, BO], [BO, ANA], key="Id") == []
    assert differences(HEADER, [ANA, BO, BO], [BO, ANA, BO], key=None) == []


def test_a_cell_that_differs_is_named() -> None:
    found = differences(HEADER, [ANA, BO], [ANA, BO | {"Name": "Bo "}], key="Id")
    assert found == ["Id '2', Name: 'Bo ' instead of 'Bo'"]


def test_a_column_that_is_gone_is_named() -> None:
    assert differences(HEADER, [ANA], [{"Id": "1"}], key="Id") == ["Id '1' came without Name"]
    assert differences(HEADER, [ANA], [{"Name": "Ana"}], key="Id") != []


def test_rows_missing_surplus_and_doubled_are_named() -> None:
    carl = {"Id": "3", "Name": "Carl"}
    assert differences(HEADER, [ANA, BO], [carl, BO, BO], key="Id") == [
        "Id '1' is missing",
        "Id '3' is one too many",
        "Id '2' came 2 times",
    ]


def test_without_a_key_rows_are_counted() -> None:
    assert differences(HEADER, [ANA, ANA, BO], [ANA, BO, BO], key=None) == [
        "the row ('1', 'Ana') is missing",
        "the row ('2', 'Bo') is one too many",
    ]


def test_of_many_differences_a_few_are_told() -> None:
    sent = [{"Id": str(number), "Name": ""} for number in range(20)]
    found = differences(HEADER, sent, [], key="Id")
    assert len(found) == SHOWN + 1
    assert found[-1] == "… and 15 more differences"
