"""What QEMU is told."""

from pathlib import Path

from harness.qemu import Wiring

FOLDER = Path("/run/m")


def value(words: list[str], option: str, number: int = 0) -> str:
    return [words[place + 1] for place, word in enumerate(words) if word == option][number]


def test_the_machines_own_arguments_come_first_and_ours_after_them() -> None:
    words = Wiring("qemu-system-arm", ("-machine", "vexpress-a15")).words(FOLDER)

    assert words[0] == "qemu-system-arm"
    assert words[words.index("-machine") + 1] == "vexpress-a15"
    assert value(words, "-qmp") == "unix:/run/m/qmp.sock,server=on,wait=off"
    assert "-netdev" not in words
    assert "-fw_cfg" not in words


def test_the_agents_port_is_a_socket_and_the_others_are_logs() -> None:
    wiring = Wiring("qemu", (), com=2, serials=3)
    words = wiring.words(FOLDER)

    assert value(words, "-chardev", 0) == "file,id=serial1,path=/run/m/console1.log,append=on"
    assert value(words, "-chardev", 1) == "socket,id=serial2,path=/run/m/com.sock,server=on,wait=off"
    assert value(words, "-chardev", 2) == "file,id=serial3,path=/run/m/console3.log,append=on"
    assert [value(words, "-serial", number) for number in range(3)] == [
        "chardev:serial1",
        "chardev:serial2",
        "chardev:serial3",
    ]
    assert wiring.consoles(FOLDER) == [FOLDER / "console1.log", FOLDER / "console3.log"]


def test_a_network_lets_in_the_agents_port_and_lets_nothing_out() -> None:
    words = Wiring("qemu", (), nic="ne2k_isa,iobase=0x320,irq=10", ports={40001: 5555}).words(FOLDER)

    assert value(words, "-netdev") == "user,id=net0,restrict=on,hostfwd=tcp:127.0.0.1:40001-:5555"
    assert value(words, "-device") == "ne2k_isa,iobase=0x320,irq=10,netdev=net0"


def test_the_place_of_the_disk_is_filled_in() -> None:
    words = Wiring("qemu", ("-drive", "file={disk},if=ide"), disk=Path("ce.img")).words(FOLDER)

    assert value(words, "-drive") == "file=/run/m/disk.qcow2,if=ide"


def test_a_comma_in_a_path_is_doubled() -> None:
    words = Wiring("qemu", ("-drive", "file={disk}"), files={"opt/a/b": Path("/k,ey")}).words(
        Path("/run/a,b")
    )

    assert value(words, "-qmp") == "unix:/run/a,,b/qmp.sock,server=on,wait=off"
    assert value(words, "-drive") == "file=/run/a,,b/disk.qcow2"
    assert value(words, "-fw_cfg") == "name=opt/a/b,file=/k,,ey"
