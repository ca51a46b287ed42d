package dev.leasehold.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * Threads push into a small buffer while another drains it: each element is drained once, by this drain or the next, and with it is seen
 * what its thread wrote before. A drain gives the sum of what it found, which is above 1,000 where a slot had no element.
 */
public final class PushDrainRace {
    private static final int WRITTEN = 7;

    private PushDrainRace() {
    }

    /** The results: what the drain found, what was read then of what was written before the push, and what the next drain found. */
    @JCStressTest
    @Outcome(id = "1, 7, 0", expect = ACCEPTABLE, desc = "Drained, with what was written before.")
    @Outcome(id = "0, 0, 1", expect = ACCEPTABLE, desc = "Left to the next drain.")
    @Outcome(expect = FORBIDDEN, desc = "Drained twice or never, or without what was written before.")
    @State
    public static class Words {
        private final PushedWords buffer = new PushedWords(1);
        private int before;
        int older;

        @Actor
        public void pushes() {
            before = WRITTEN;
            buffer.push(1);
        }

        @Actor
        public void drains(III_Result r) {
            older = before;
            r.r1 = buffer.drain();
            if (r.r1 != 0) r.r2 = before;
        }

        @Arbiter
        public void drainsAgain(III_Result r) {
            r.r3 = buffer.drain();
        }
    }

    /** An object, of which a plain field is written before. The results: what that was for the drain, and for the next. */
    @JCStressTest
    @Outcome(id = "7, 0", expect = ACCEPTABLE, desc = "Drained, with its field.")
    @Outcome(id = "0, 7", expect = ACCEPTABLE, desc = "Left to the next drain.")
    @Outcome(expect = FORBIDDEN, desc = "Drained twice or never, or without its field.")
    @State
    public static class Objects {
        private final PushedCells buffer = new PushedCells();
        private final Cell cell = new Cell();
        int older;

        @Actor
        public void pushes() {
            cell.value = WRITTEN;
            buffer.push(cell);
        }

        @Actor
        public void drains(II_Result r) {
            older = cell.value;
            r.r1 = buffer.drain();
        }

        @Arbiter
        public void drainsAgain(II_Result r) {
            r.r2 = buffer.drain();
        }
    }

    /** The push needs a slot more than there is. The results: what the drain found, and what the next did. */
    @JCStressTest
    @Outcome(id = "11, 0", expect = ACCEPTABLE, desc = "Both are drained.")
    @Outcome(id = "1, 10", expect = ACCEPTABLE, desc = "One is left to the next drain.")
    @Outcome(expect = FORBIDDEN, desc = "Drained twice, or never.")
    @State
    public static class Growing {
        private final PushedWords buffer = new PushedWords(1);

        public Growing() {
            buffer.push(1);
        }

        @Actor
        public void pushes() {
            buffer.push(10);
        }

        @Actor
        public void drains(II_Result r) {
            r.r1 = buffer.drain();
        }

        @Arbiter
        public void drainsAgain(II_Result r) {
            r.r2 = buffer.drain();
        }
    }

    /** The results: what a drain found when both had pushed, and what the next did. */
    @JCStressTest
    @Outcome(id = "11, 0", expect = ACCEPTABLE, desc = "Each has its slot.")
    @Outcome(expect = FORBIDDEN, desc = "Drained twice, or never.")
    @State
    public static class TwoPushes {
        private final PushedWords buffer = new PushedWords(2);

        @Actor
        public void one() {
            buffer.push(1);
        }

        @Actor
        public void other() {
            buffer.push(10);
        }

        @Arbiter
        public void drains(II_Result r) {
            r.r1 = buffer.drain();
            r.r2 = buffer.drain();
        }
    }

    @NegativeControl(without = "the wait for elements: takes what is in the slots that were claimed")
    @JCStressTest
    @Outcome(id = {"1, 7, 0", "0, 0, 1"}, expect = ACCEPTABLE, desc = "The sides did not meet.")
    @Outcome(id = "1000, 7, 0", expect = ACCEPTABLE_INTERESTING, desc = "Drained a slot before its element came.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class DoesNotWait {
        private final HastyWords buffer = new HastyWords(1);
        private int before;
        int older;

        @Actor
        public void pushes() {
            before = WRITTEN;
            buffer.push(1);
        }

        @Actor
        public void drains(III_Result r) {
            older = before;
            r.r1 = buffer.drain();
            if (r.r1 != 0) r.r2 = before;
        }

        @Arbiter
        public void drainsAgain(III_Result r) {
            r.r3 = buffer.drain();
        }
    }

    @NegativeControl(without = "the wait for objects: takes what is in the slots that were claimed")
    @JCStressTest
    @Outcome(id = {"7, 0", "0, 7"}, expect = ACCEPTABLE, desc = "The sides did not meet.")
    @Outcome(id = "1000, 0", expect = ACCEPTABLE_INTERESTING, desc = "Drained a slot before its object came.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class DoesNotWaitForObjects {
        private final HastyCells buffer = new HastyCells();
        private final Cell cell = new Cell();
        int older;

        @Actor
        public void pushes() {
            cell.value = WRITTEN;
            buffer.push(cell);
        }

        @Actor
        public void drains(II_Result r) {
            older = cell.value;
            r.r1 = buffer.drain();
        }

        @Arbiter
        public void drainsAgain(II_Result r) {
            r.r2 = buffer.drain();
        }
    }

    @NegativeControl(without = "the compare-and-set of the word that ends a round: stores what it makes of the word that it has read")
    @JCStressTest
    @Outcome(id = {"1, 7, 0", "0, 0, 1"}, expect = ACCEPTABLE, desc = "The sides did not meet.")
    @Outcome(id = "0, 0, 0", expect = ACCEPTABLE_INTERESTING, desc = "Never drained: its claim was overwritten.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class Forgetful {
        private final ForgetfulWords buffer = new ForgetfulWords(1);
        private int before;
        int older;

        @Actor
        public void pushes() {
            before = WRITTEN;
            buffer.push(1);
        }

        @Actor
        public void drains(III_Result r) {
            older = before;
            r.r1 = buffer.drain();
            if (r.r1 != 0) r.r2 = before;
        }

        @Arbiter
        public void drainsAgain(III_Result r) {
            r.r3 = buffer.drain();
        }
    }

    @NegativeControl(without = "the fetch-and-add of a claim: reads the word, and writes it then")
    @JCStressTest
    @Outcome(id = "11, 0", expect = ACCEPTABLE, desc = "The pushes did not meet.")
    @Outcome(id = {"1, 0", "10, 0"}, expect = ACCEPTABLE_INTERESTING, desc = "Both have the same slot.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class TornClaim {
        private final TornWords buffer = new TornWords(2);

        @Actor
        public void one() {
            buffer.push(1);
        }

        @Actor
        public void other() {
            buffer.push(10);
        }

        @Arbiter
        public void drains(II_Result r) {
            r.r1 = buffer.drain();
            r.r2 = buffer.drain();
        }
    }
}
