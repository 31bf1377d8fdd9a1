"""The modules of a folder: all are found, in the order of their names, but those that are left out."""

from embedcore.files.modules import modules_in


def test_every_module_of_a_folder_is_imported_in_the_order_of_names(tmp_path, monkeypatch):
    folder = tmp_path / "some_rooms"
    folder.mkdir()
    for name in ("second", "first", "reader"):
        (folder / f"{name}.py").write_text(f"NAME = {name!r}\n")
    (folder / "notes.txt").write_text("no module")
    monkeypatch.syspath_prepend(tmp_path)
    assert [module.NAME for module in modules_in(folder, "some_rooms", but=("reader",))] == ["first", "second"]
