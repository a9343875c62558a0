"""When a thread is read again."""

from pathlib import Path

from tests.crash.bench import Bench


async def test_a_thread_in_which_nothing_was_seen_yet_is_read_again(tmp_path: Path):
    """What is posted there later is what its mirror is for; nothing was ever seen to change there, which is no age."""
    bench = Bench(tmp_path, forum={"deletes": "absence"})
    await bench.start()
    try:
        thread = bench.board.start_thread("The thread", "op says", "ann")
        bench.board.delete(bench.board.threads[thread].posts[0])
        await bench.mirror(thread)
        for _ in range(3):
            await bench.poller.poll_one(bench.opened)
            bench.fake_clock.advance(60_000)
        assert await bench.ask("SELECT 1 FROM source WHERE next_at IS NOT NULL") == [(1,)]
    finally:
        await bench.crash()
