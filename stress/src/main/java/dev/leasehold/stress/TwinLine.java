package dev.leasehold.stress;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The line of a suspending pool once more, step for step, so that one protection can be taken from it at a time. With {@link Lack#NOTHING}
 * it is the shipped one but for its counters, and must not break: what breaks is due to what it lacks.
 */
final class TwinLine {
    private static final long LINE = Long.MIN_VALUE;
    private static final long CLOSED = 1L << 62;
    private static final long FREE = CLOSED - 1;

    /** What is missing. */
    enum Lack {
        NOTHING,
        /** A waiter looks for LINE, and links itself then. */
        LINK_BEFORE_LOOK,
        /** A waiter links itself by a store that may still be on its way when it looks for LINE. */
        FENCE_AFTER_LINK,
        /** The consumer clears LINE, and does not look at the queue again. */
        LOOK_AFTER_CLEAR,
        /** A call while a consumer is at work leaves nothing that makes it look again. */
        COUNT_OF_CALLS,
        /** A waiter does not serve when it sees LINE, though the line is closed. */
        CALL_WHEN_CLOSED,
        /** A waiter's status is looked at first, and stored then. */
        ATOMIC_STATUS,
    }

    /** A request that waits for one byte. */
    static final class Waiter {
        private static final VarHandle NEXT;

        static {
            try {
                NEXT = MethodHandles.lookup().findVarHandle(Waiter.class, "next", Waiter.class);
            } catch (ReflectiveOperationException impossible) {
                throw new ExceptionInInitializerError(impossible);
            }
        }

        static final int WAITING = 0;
        static final int GRANTED = 1;
        static final int REFUSED = 2;
        static final int GONE = 3;

        private final boolean atomic;
        private final AtomicInteger status = new AtomicInteger();
        final AtomicInteger notices = new AtomicInteger();
        private volatile Waiter next;

        Waiter(boolean atomic) {
            this.atomic = atomic;
        }

        int status() {
            return status.get();
        }

        private boolean become(int end) {
            if (atomic) return status.compareAndSet(WAITING, end);
            if (status.get() != WAITING) return false;
            status.set(end);
            return true;
        }

        private boolean grant() {
            return become(GRANTED);
        }
    }

    private final Lack lack;
    private final long capacity;
    private final AtomicLong state;
    private final AtomicReference<Waiter> newest;
    private final AtomicInteger calls = new AtomicInteger();
    private Waiter served;

    /** A line of {@code capacity} bytes, all of which are out. */
    TwinLine(long capacity, Lack lack) {
        this.lack = lack;
        this.capacity = capacity;
        state = new AtomicLong(0);
        served = waiter();
        newest = new AtomicReference<>(served);
    }

    Waiter waiter() {
        return new Waiter(lack != Lack.ATOMIC_STATUS);
    }

    /** A waiter that is in the line. */
    Waiter joined() {
        Waiter waiter = waiter();
        join(waiter);
        return waiter;
    }

    long used() {
        return capacity - (state.get() & FREE);
    }

    void join(Waiter waiter) {
        long before = state.get();
        Waiter last = newest.getAndSet(waiter);
        if (lack == Lack.FENCE_AFTER_LINK) Waiter.NEXT.setRelease(last, waiter);
        else last.next = waiter;
        long seen = lack == Lack.LINK_BEFORE_LOOK ? before : state.get();
        if (seen >= 0 || (seen & CLOSED) != 0 && lack != Lack.CALL_WHEN_CLOSED) serve();
    }

    void giveBack(long bytes) {
        if (state.get() < 0) handOver(bytes);
        else if (state.getAndAdd(bytes) < 0) serve();
    }

    boolean abandon(Waiter waiter) {
        if (!waiter.become(Waiter.GONE)) return false;
        serve();
        return true;
    }

    void close() {
        state.getAndUpdate(seen -> seen | CLOSED | LINE);
        serve();
    }

    private void handOver(long bytes) {
        if (!enter()) {
            state.getAndAdd(bytes);
            serve();
            return;
        }
        Waiter successor = successorOf(bytes);
        if (successor == null) state.getAndAdd(bytes);
        consume();
        if (successor != null) successor.notices.incrementAndGet();
    }

    private void serve() {
        if (enter()) consume();
    }

    private boolean enter() {
        return lack == Lack.COUNT_OF_CALLS ? calls.compareAndSet(0, 1) : calls.getAndIncrement() == 0;
    }

    private Waiter successorOf(long bytes) {
        long seen = state.get();
        if (seen >= 0 || (seen & CLOSED) != 0) return null;
        Waiter first = served.next;
        if (first == null || bytes != 1 || !first.grant()) return null;
        served = first;
        return first;
    }

    private void consume() {
        int settled = 1;
        do {
            for (Waiter next = next(); next != null; next = next()) next.notices.incrementAndGet();
            settled = calls.addAndGet(-settled);
        } while (settled != 0);
    }

    private Waiter next() {
        while (true) {
            Waiter first = served.next;
            if (first == null) {
                reopen();
                if (lack == Lack.LOOK_AFTER_CLEAR || served.next == null) return null;
                continue;
            }
            if ((state.get() & CLOSED) != 0) {
                served = first;
                if (first.become(Waiter.REFUSED)) return first;
            } else if (first.status() == Waiter.GONE) {
                served = first;
            } else if (takeForLine()) {
                served = first;
                if (first.grant()) return first;
                state.getAndAdd(1);
            } else {
                return null;
            }
        }
    }

    private boolean takeForLine() {
        while (true) {
            long seen = state.get();
            boolean enough = (seen & FREE) >= 1;
            if (!enough && seen < 0) return false;
            if (state.compareAndSet(seen, enough ? seen - 1 : seen | LINE) && enough) return true;
        }
    }

    private void reopen() {
        while (true) {
            long seen = state.get();
            if (seen >= 0 || (seen & CLOSED) != 0) return;
            if (state.compareAndSet(seen, seen & ~LINE)) return;
        }
    }
}
