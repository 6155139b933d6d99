"""Who writes, reads and waits on a shared connection, without any connection."""

from __future__ import annotations

import pytest

from rapyer_core.errors import LimitExceededError, ReplyTimeoutError
from rapyer_core.wire.exchange import Exchange, Step
from rapyer_core.wire.replies import OutOfStepError
from rapyer_core.wire.requests import Request


class Bell:
    def __init__(self) -> None:
        self.rung = 0

    def ring(self) -> None:
        self.rung += 1


def exchange(limit: int = 100) -> Exchange:
    return Exchange(queue_limit=limit, reply_timeout=10.0, new_wakeup=Bell)


def request(payload: bytes = b"frame", expected: int = 1, *, write: bool = True) -> Request:
    return Request(payload, expected, len(payload) if write else None)


def send_all(shared: Exchange, writer: Request, now: float = 0.0) -> bytes:
    sent = b""
    while (chunk := shared.take_chunk(writer, now)) is not None:
        sent += bytes(chunk)
        shared.sending(len(chunk))
        shared.sent(len(chunk), len(chunk))
    return sent


def test_the_first_writes_and_reads_and_the_next_ones_park() -> None:
    shared = exchange()
    first, second = request(b"1"), request(b"2")
    assert shared.join(first) is Step.WRITE
    assert shared.join(second) is Step.PARK
    assert send_all(shared, first) == b"12"
    assert shared.next_step(first) is Step.READ
    bell = second.wakeup
    shared.dispatch([b"a", b"b"], 1.0)
    assert (first.replies, second.replies) == ([b"a"], [b"b"])
    assert bell.rung == 1
    assert shared.next_step(second) is Step.DONE
    assert shared.leave(first)
    assert shared.unused
    assert not shared.load


def test_whoever_makes_a_burst_full_writes_in_the_place_of_the_one_who_gathers() -> None:
    shared = exchange()
    first, second = request(b"1"), request(b"2")
    assert shared.join(first) is Step.WRITE
    assert not shared.gather(first)  # alone, there is nobody to wait for
    shared.join(second)
    assert shared.gather(first)
    steps = [shared.join(request(b"x")) for _ in range(23)]
    assert steps == [Step.PARK] * 22 + [Step.WRITE]
    writer = shared.writer
    assert writer is not None
    assert writer is not first
    assert not shared.gather(writer)
    assert send_all(shared, writer) == b"12" + b"x" * 23
    assert not shared.gathered(first)
    assert shared.reader is first
    assert shared.next_step(first) is Step.READ


def test_one_who_gathers_writes_what_came_meanwhile() -> None:
    shared = exchange()
    first, second, third = request(b"1"), request(b"2"), request(b"3")
    shared.join(first)
    shared.join(second)
    assert shared.gather(first)
    assert shared.join(third) is Step.PARK
    assert shared.gathered(first)
    assert send_all(shared, first) == b"123"


def test_one_who_leaves_while_it_gathers_hands_both_roles_on() -> None:
    shared = exchange()
    first, second = request(b"1"), request(b"2")
    shared.join(first)
    shared.join(second)
    assert shared.gather(first)
    assert shared.leave(first)
    assert shared.next_step(second) is Step.WRITE
    assert [shared.join(request(b"x")) for _ in range(20)] == [Step.PARK] * 20
    assert send_all(shared, second) == b"2" + b"x" * 20


def test_a_thread_that_gathers_does_not_read_before_its_request_is_written() -> None:
    shared = exchange()
    first, second = request(b"1"), request(b"2")
    shared.join(first)
    shared.join(second)
    assert shared.gather(first)
    joined = [request(b"x") for _ in range(23)]
    assert [shared.join(each) for each in joined][-1] is Step.WRITE
    # It was preempted, and goes on before the new writer has begun.
    assert not shared.gathered(first)
    assert shared.next_step(first) is Step.PARK
    assert send_all(shared, joined[-1]) == b"12" + b"x" * 23
    assert shared.next_step(joined[-1]) is Step.READ


def test_a_reader_that_leaves_wakes_the_last_in_the_queue() -> None:
    shared = exchange()
    first, second, third = request(), request(), request()
    for each in (first, second, third):
        shared.join(each)
    send_all(shared, first)
    bells = second.wakeup, third.wakeup
    shared.dispatch([1], 0.0)
    assert shared.leave(first)
    assert [bell.rung for bell in bells] == [0, 1]
    assert shared.next_step(third) is Step.READ
    assert shared.next_step(second) is Step.PARK


def test_the_reply_of_one_who_left_is_dropped_in_its_turn() -> None:
    shared = exchange()
    first, second = request(), request()
    shared.join(first)
    shared.join(second)
    send_all(shared, first)
    assert shared.leave(first)
    assert shared.next_step(second) is Step.READ
    shared.dispatch([b"first's", b"second's"], 0.0)
    assert second.replies == [b"second's"]


def test_one_who_left_unwritten_is_never_sent() -> None:
    shared = exchange()
    first, second, third = request(b"1"), request(b"2"), request(b"3")
    for each in (first, second, third):
        shared.join(each)
    shared.leave(second)
    assert send_all(shared, first) == b"13"


def test_a_writer_that_leaves_in_the_middle_hands_the_rest_on() -> None:
    shared = exchange()
    first, second = request(b"12345"), request(b"678")
    shared.join(first)
    shared.join(second)
    chunk = shared.take_chunk(first, 0.0)
    assert chunk is not None
    shared.sending(len(chunk))
    shared.sent(2, len(chunk))
    bell = second.wakeup
    assert shared.leave(first)
    assert bell.rung == 1
    assert shared.next_step(second) is Step.WRITE
    assert send_all(shared, second) == b"345678"


def test_a_half_written_frame_that_nobody_can_finish_closes_the_connection() -> None:
    shared = exchange()
    writer, reader = request(b"12345"), request(b"678")
    shared.join(writer)
    shared.join(reader)
    chunk = shared.take_chunk(writer, 0.0)
    assert chunk is not None
    shared.sending(len(chunk))
    shared.sent(2, len(chunk))
    shared.release_reading(writer)
    assert shared.next_step(reader) is Step.READ
    assert not shared.leave(writer)


def test_a_writer_with_its_reply_hands_on_to_one_that_waits() -> None:
    shared = exchange()
    first, second = request(b"1"), request(b"2")
    shared.join(first)
    chunk = shared.take_chunk(first, 0.0)
    assert chunk is not None
    shared.sending(1)
    shared.sent(1, 1)
    shared.join(second)
    shared.dispatch([b"a"], 0.0)
    bell = second.wakeup
    assert shared.take_chunk(first, 0.0) is None
    assert shared.leave(first)
    assert bell.rung == 1
    assert shared.next_step(second) is Step.WRITE


@pytest.mark.parametrize("sent", range(10))
def test_what_may_have_run_is_what_was_sent_whole(sent: int) -> None:
    shared = exchange()
    first, second, reading = request(b"1234"), request(b"5678"), request(b"90", write=False)
    for each in (first, second, reading):
        shared.join(each)
    chunk = shared.take_chunk(first, 0.0)
    assert chunk is not None
    shared.sending(len(chunk))
    shared.sent(sent, len(chunk))
    shared.fail(ConnectionResetError("gone"), 0.0)
    assert first.may_have_run is (sent >= 4)
    assert second.may_have_run is (sent >= 8)
    assert not reading.may_have_run
    assert all(each.error and each.done for each in (first, second, reading))


def test_a_send_that_never_came_back_may_have_sent_everything() -> None:
    shared = exchange()
    writer, late = request(), request()
    shared.join(writer)
    chunk = shared.take_chunk(writer, 0.0)
    assert chunk is not None
    shared.join(late)
    shared.sending(len(chunk))
    shared.fail(ConnectionAbortedError("interrupted"), 0.0)
    assert writer.may_have_run
    assert not late.may_have_run


def test_only_what_waited_its_whole_time_timed_out() -> None:
    shared = exchange()
    early, late = request(write=False), request(write=False)
    shared.join(early)
    send_all(shared, early, now=0.0)
    shared.leave(early)
    shared.join(late)
    send_all(shared, late, now=9.0)
    early.abandoned = False
    assert shared.time_left(9.0) == 1.0
    shared.fail(ReplyTimeoutError("late"), 10.0)
    assert isinstance(early.error, ReplyTimeoutError)
    assert isinstance(late.error, ConnectionResetError)


def test_bytes_that_come_give_more_time() -> None:
    shared = exchange()
    shared.join(first := request(expected=2))
    send_all(shared, first, now=0.0)
    assert shared.time_left(4.0) == 6.0
    shared.dispatch([1], 5.0)
    assert shared.time_left(5.0) == 10.0


def test_a_reply_that_nothing_asked_for_is_out_of_step() -> None:
    with pytest.raises(OutOfStepError):
        exchange().dispatch([b"?"], 0.0)


def test_a_full_queue_refuses() -> None:
    shared = exchange(limit=2)
    shared.join(request())
    shared.join(request())
    with pytest.raises(LimitExceededError, match="queue_limit=2"):
        shared.join(request())
    assert shared.load == 2


def test_a_lost_connection_takes_nothing_more() -> None:
    shared = exchange()
    shared.fail(ConnectionResetError("gone"), 0.0)
    late = request()
    assert shared.join(late) is Step.DONE
    assert late.error is shared.failure
    assert not late.may_have_run


def test_a_batch_is_done_with_its_last_reply() -> None:
    shared = exchange()
    shared.join(batch := request(expected=3))
    send_all(shared, batch)
    done = []
    for reply in (1, 2, 3):
        shared.dispatch([reply], 0.0)
        done.append(batch.done)
    assert done == [False, False, True]
    assert batch.replies == [1, 2, 3]
