"""The call that everybody makes: WSASocket's six small integers up; handle and microseconds down."""

ARGUMENTS = (2, 1, 6, 0, 0, 1)
"""AF_INET, SOCK_STREAM, IPPROTO_TCP, no protocol info, no group, WSA_FLAG_OVERLAPPED."""
HANDLE = 0x23A1_B2C6
"""As large as the handles of Windows CE are; positive, because XML-RPC has no unsigned numbers."""
MICROSECONDS = 400


def make_socket(*arguments: int) -> tuple[int, int]:
    """What an agent does that takes no time. Raises ValueError for any other call."""
    if arguments != ARGUMENTS:
        raise ValueError(f"arguments {arguments}: expected {ARGUMENTS}")
    return HANDLE, MICROSECONDS


def check_answer(answer: object) -> None:
    """Raises ValueError for an answer that is not the expected one."""
    if not isinstance(answer, list | tuple) or tuple(answer) != (HANDLE, MICROSECONDS):
        raise ValueError(f"answer {answer!r}: expected {HANDLE, MICROSECONDS}")
