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
 * A waiter joins a line while that is closed, and no byte comes back any more: it must be refused, once. The results: how often it was
 * notified, and whether it was granted anything.
 */
public final class LineCloseRace {
    private LineCloseRace() {
    }

    @JCStressTest
    @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "Refused.")
    @Outcome(expect = FORBIDDEN, desc = "Waits in a closed line, or was notified twice.")
    @State
    public static class Called {
        private final ByteLine line = CountingWaiter.exhausted(1);
        private final CountingWaiter waiter = new CountingWaiter();

        @Actor
        public void closes() {
            line.close();
        }

        @Actor
        public void joins() {
            line.join(waiter);
        }

        @Arbiter
        public void count(II_Result r) {
            r.r1 = waiter.notices.get();
            r.r2 = waiter.isGranted() ? 1 : 0;
        }
    }

    @NegativeControl(without = "the call of a waiter that sees CLOSED beside LINE")
    @JCStressTest
    @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "It came before the close.")
    @Outcome(id = "0, 0", expect = ACCEPTABLE_INTERESTING, desc = "It waits in a closed line.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class Uncalled {
        private final TwinLine line = new TwinLine(1, TwinLine.Lack.CALL_WHEN_CLOSED);
        private final TwinLine.Waiter waiter = line.waiter();

        @Actor
        public void closes() {
            line.close();
        }

        @Actor
        public void joins() {
            line.join(waiter);
        }

        @Arbiter
        public void count(II_Result r) {
            r.r1 = waiter.notices.get();
            r.r2 = waiter.status() == TwinLine.Waiter.GRANTED ? 1 : 0;
        }
    }
}
