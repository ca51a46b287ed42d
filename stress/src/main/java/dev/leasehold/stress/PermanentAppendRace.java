package dev.leasehold.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * Two threads append to permanent memory, and must not get the same bytes; and one appends a record that another reads, who
 * must find it whole or not at all.
 *
 * The results: where the bytes of each begin; and what was in the record, 0 when there was none.
 */
public final class PermanentAppendRace {
    private PermanentAppendRace() {
    }

    @JCStressTest
    @Outcome(id = {"8, 16", "16, 8"}, expect = ACCEPTABLE, desc = "One behind the other.")
    @Outcome(expect = FORBIDDEN, desc = "Not their own bytes.")
    @State
    public static class Appends {
        private final PermanentScene scene = PermanentScene.shipped();

        @Actor
        public void one(II_Result r) {
            r.r1 = scene.claimWord();
        }

        @Actor
        public void other(II_Result r) {
            r.r2 = scene.claimWord();
        }
    }

    @NegativeControl(without = "the compare-and-set of the position, in one step")
    @JCStressTest
    @Outcome(id = {"8, 16", "16, 8"}, expect = ACCEPTABLE, desc = "They did not meet.")
    @Outcome(id = "8, 8", expect = ACCEPTABLE_INTERESTING, desc = "Both have the same bytes.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class TornAppends {
        private final PermanentScene scene = PermanentScene.torn();

        @Actor
        public void one(II_Result r) {
            r.r1 = scene.claimWord();
        }

        @Actor
        public void other(II_Result r) {
            r.r2 = scene.claimWord();
        }
    }

    @JCStressTest
    @Outcome(id = "0", expect = ACCEPTABLE, desc = "Not there yet.")
    @Outcome(id = "7", expect = ACCEPTABLE, desc = "Whole.")
    @Outcome(expect = FORBIDDEN, desc = "Half.")
    @State
    public static class Records {
        private final PermanentScene scene = PermanentScene.shipped();

        @Actor
        public void writer() {
            scene.append(7);
        }

        @Actor
        public void reader(I_Result r) {
            r.r1 = scene.read();
        }
    }

    @NegativeControl(without = "the order of a record's bytes before its number")
    @JCStressTest
    @Outcome(id = "0", expect = ACCEPTABLE, desc = "Not there yet, or nothing of it but its number.")
    @Outcome(id = "7", expect = ACCEPTABLE, desc = "They did not meet.")
    @Outcome(id = "-1", expect = ACCEPTABLE_INTERESTING, desc = "There, and not filled.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class HastyRecords {
        private final PermanentScene scene = PermanentScene.shipped();

        @Actor
        public void writer() {
            scene.appendHastily(7);
        }

        @Actor
        public void reader(I_Result r) {
            r.r1 = scene.read();
        }
    }
}
