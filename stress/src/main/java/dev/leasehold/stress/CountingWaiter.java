package dev.leasehold.stress;

import dev.leasehold.memory.coroutines.internal.line.ByteLine;
import dev.leasehold.memory.coroutines.internal.line.LineWaiter;
import java.util.concurrent.atomic.AtomicInteger;
import kotlin.Unit;

/** A request that waits for a byte of a shipped line, and counts how often it is notified. */
final class CountingWaiter extends LineWaiter {
    final AtomicInteger notices = new AtomicInteger();

    CountingWaiter() {
        super(1);
    }

    @Override
    public void notified() {
        notices.incrementAndGet();
    }

    /** A line of {@code capacity} bytes, all of which are out. */
    static ByteLine exhausted(long capacity) {
        ByteLine line = new ByteLine(capacity, 8, null, () -> Unit.INSTANCE);
        if (!line.tryTake(capacity)) throw new IllegalStateException("a fresh line refused its bytes");
        return line;
    }

    /** A waiter that is in {@code line}. */
    static CountingWaiter joined(ByteLine line) {
        CountingWaiter waiter = new CountingWaiter();
        if (!line.join(waiter)) throw new IllegalStateException("a line refused a waiter");
        return waiter;
    }
}
