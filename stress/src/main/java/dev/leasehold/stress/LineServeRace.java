package dev.leasehold.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.leasehold.memory.coroutines.internal.line.ByteLine;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * Two threads give a byte back each, while two wait for one each. One of the threads serves the line; what the other brings
 * meanwhile must be handed out too, though that one goes away. The results: how often each waiter was notified.
 */
public final class LineServeRace {
    private LineServeRace() {
    }

    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Both have their bytes.")
    @Outcome(expect = FORBIDDEN, desc = "One sleeps beside a free byte, or was notified twice.")
    @State
    public static class Counted {
        private final ByteLine line = CountingWaiter.exhausted(2);
        private final CountingWaiter first = CountingWaiter.joined(line);
        private final CountingWaiter second = CountingWaiter.joined(line);

        @Actor
        public void one() {
            line.giveBack(1);
        }

        @Actor
        public void other() {
            line.giveBack(1);
        }

        @Arbiter
        public void count(II_Result r) {
            r.r1 = first.notices.get();
            r.r2 = second.notices.get();
        }
    }

    @NegativeControl(without = "the count of calls: a thread that finds a consumer at work leaves it to that, which may have looked already")
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "The sides did not meet.")
    @Outcome(id = "1, 0", expect = ACCEPTABLE_INTERESTING, desc = "The second sleeps beside a free byte.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class LeftToTheOther {
        private final TwinLine line = new TwinLine(2, TwinLine.Lack.COUNT_OF_CALLS);
        private final TwinLine.Waiter first = line.joined();
        private final TwinLine.Waiter second = line.joined();

        @Actor
        public void one() {
            line.giveBack(1);
        }

        @Actor
        public void other() {
            line.giveBack(1);
        }

        @Arbiter
        public void count(II_Result r) {
            r.r1 = first.notices.get();
            r.r2 = second.notices.get();
        }
    }
}
