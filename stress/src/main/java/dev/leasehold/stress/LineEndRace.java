package dev.leasehold.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.leasehold.memory.coroutines.internal.line.ByteLine;
import dev.leasehold.memory.internal.spi.WaitOutcome;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IIII_Result;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * A wait ends in several ways at once: its byte comes back, it is cancelled, the line is closed. Exactly one of them counts, and the
 * byte goes with the wait only if it was the first.
 *
 * The results: how it ended (1 granted, 2 refused, 3 gone), how often the waiter was notified, how many bytes are out, and how many wait.
 */
public final class LineEndRace {
    private LineEndRace() {
    }

    private static int endOf(CountingWaiter waiter) {
        if (waiter.isWaiting()) return 0;
        if (waiter.isGone()) return 3;
        return waiter.isGranted() ? 1 : 2;
    }

    /** What the races below have in common: a waiter for the only byte, which is out. */
    private static final class Scene {
        final ByteLine line = CountingWaiter.exhausted(1);
        final CountingWaiter waiter = CountingWaiter.joined(line);

        void cancel() {
            if (line.abandon(waiter, WaitOutcome.CANCELLED) != waiter.isGone()) throw new IllegalStateException("it left, and is not gone");
        }

        void count(IIII_Result r) {
            r.r1 = endOf(waiter);
            r.r2 = waiter.notices.get();
            r.r3 = (int) line.getUsed();
            r.r4 = line.getWaiters();
        }
    }

    @JCStressTest
    @Outcome(id = "1, 1, 1, 0", expect = ACCEPTABLE, desc = "Granted.")
    @Outcome(id = "3, 0, 0, 0", expect = ACCEPTABLE, desc = "Gone.")
    @Outcome(expect = FORBIDDEN, desc = "Two ends, or none, or a byte that is lost.")
    @State
    public static class GrantedOrGone {
        private final Scene scene = new Scene();

        @Actor
        public void givesBack() {
            scene.line.giveBack(1);
        }

        @Actor
        public void cancels() {
            scene.cancel();
        }

        @Arbiter
        public void count(IIII_Result r) {
            scene.count(r);
        }
    }

    @JCStressTest
    @Outcome(id = "1, 1, 1, 0", expect = ACCEPTABLE, desc = "Granted.")
    @Outcome(id = "2, 1, 0, 0", expect = ACCEPTABLE, desc = "Refused.")
    @Outcome(expect = FORBIDDEN, desc = "Two ends, or none, or a byte that is lost.")
    @State
    public static class GrantedOrRefused {
        private final Scene scene = new Scene();

        @Actor
        public void givesBack() {
            scene.line.giveBack(1);
        }

        @Actor
        public void closes() {
            scene.line.close();
        }

        @Arbiter
        public void count(IIII_Result r) {
            scene.count(r);
        }
    }

    @JCStressTest
    @Outcome(id = "2, 1, 1, 0", expect = ACCEPTABLE, desc = "Refused.")
    @Outcome(id = "3, 0, 1, 0", expect = ACCEPTABLE, desc = "Gone.")
    @Outcome(expect = FORBIDDEN, desc = "Two ends, or none.")
    @State
    public static class GoneOrRefused {
        private final Scene scene = new Scene();

        @Actor
        public void closes() {
            scene.line.close();
        }

        @Actor
        public void cancels() {
            scene.cancel();
        }

        @Arbiter
        public void count(IIII_Result r) {
            scene.count(r);
        }
    }

    /** A coroutine can be cancelled from the moment that it has a handler, which is before it has joined. */
    @JCStressTest
    @Outcome(id = "3, 0, 0, 0", expect = ACCEPTABLE, desc = "Gone, and nothing of it is left in the line.")
    @Outcome(expect = FORBIDDEN, desc = "Something stays behind in the line.")
    @State
    public static class OnTheWayIn {
        private final ByteLine line = CountingWaiter.exhausted(1);
        private final CountingWaiter waiter = new CountingWaiter();

        @Actor
        public void joins() {
            line.join(waiter);
        }

        @Actor
        public void cancels() {
            if (!line.abandon(waiter, WaitOutcome.CANCELLED)) throw new IllegalStateException("no other end of this wait was possible");
        }

        @Arbiter
        public void count(IIII_Result r) {
            line.giveBack(1);
            r.r1 = endOf(waiter);
            r.r2 = waiter.notices.get();
            if (!line.tryTake(1)) throw new IllegalStateException("a byte that is free, for which nothing waits, was refused");
            line.giveBack(1);
            r.r3 = (int) line.getUsed();
            r.r4 = line.getWaiters();
        }
    }

    @NegativeControl(without = "the compare-and-set of the waiter's status: looks first, and stores then")
    @JCStressTest
    @Outcome(id = "1, 1, 1", expect = ACCEPTABLE, desc = "Granted.")
    @Outcome(id = "3, 0, 0", expect = ACCEPTABLE, desc = "Gone.")
    @Outcome(id = "3, 1, 1", expect = ACCEPTABLE_INTERESTING, desc = "Gone with its byte: it is never given back.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class CheckThenStore {
        private final TwinLine line = new TwinLine(1, TwinLine.Lack.ATOMIC_STATUS);
        private final TwinLine.Waiter waiter = line.joined();
        private boolean left;

        @Actor
        public void givesBack() {
            line.giveBack(1);
        }

        @Actor
        public void cancels() {
            left = line.abandon(waiter);
        }

        @Arbiter
        public void count(III_Result r) {
            // It left, as far as its canceller knows, whatever the status says.
            r.r1 = left ? TwinLine.Waiter.GONE : waiter.status();
            r.r2 = waiter.notices.get();
            r.r3 = (int) line.used();
        }
    }
}
