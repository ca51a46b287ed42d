package dev.leasehold.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * Threads write chunks into a ring and read them out of it: a chunk is one writer's, then one reader's, and its reader finds what was
 * written. The ring has gone round before, so there is an older chunk in the place.
 *
 * No twin takes the order from the words: a processor that keeps stores in order, and a compiler that calls what it cannot see through,
 * would not show it.
 */
public final class ChunkRingRace {
    private static final int WRITTEN = 7;

    private ChunkRingRace() {
    }

    /** The results: what was in the chunk that the reader took, 0 if it got none; and in the one that is left. */
    @JCStressTest
    @Outcome(id = "7, 0", expect = ACCEPTABLE, desc = "Taken, with what was written.")
    @Outcome(id = "0, 7", expect = ACCEPTABLE, desc = "Not committed yet.")
    @Outcome(expect = FORBIDDEN, desc = "Taken without what was written, twice, or never.")
    @State
    public static class WriterAndReader {
        private final RingScene ring = RingScene.shipped();

        @Actor
        public void writer() {
            ring.write(WRITTEN);
        }

        @Actor
        public void reader(II_Result r) {
            r.r1 = ring.take();
        }

        @Arbiter
        public void readsOn(II_Result r) {
            r.r2 = ring.take();
        }
    }

    /** The results: what was in the chunk that each took, 0 if it got none. */
    @JCStressTest
    @Outcome(id = {"7, 0", "0, 7"}, expect = ACCEPTABLE, desc = "Taken once.")
    @Outcome(expect = FORBIDDEN, desc = "Taken twice, or never.")
    @State
    public static class TwoReaders {
        private final RingScene ring = RingScene.shipped();

        public TwoReaders() {
            ring.write(WRITTEN);
        }

        @Actor
        public void one(II_Result r) {
            r.r1 = ring.take();
        }

        @Actor
        public void other(II_Result r) {
            r.r2 = ring.take();
        }
    }

    /** The results: what is in the first chunk, and in the second. */
    @JCStressTest
    @Outcome(id = {"1, 2", "2, 1"}, expect = ACCEPTABLE, desc = "Each has its chunk.")
    @Outcome(expect = FORBIDDEN, desc = "Written over, or lost.")
    @State
    public static class TwoWriters {
        private final RingScene ring = RingScene.shipped();

        @Actor
        public void one() {
            ring.write(1);
        }

        @Actor
        public void other() {
            ring.write(2);
        }

        @Arbiter
        public void reads(II_Result r) {
            r.r1 = ring.take();
            r.r2 = ring.take();
        }
    }

    @NegativeControl(without = "the look at the round of a header: takes the last round's for this round's")
    @JCStressTest
    @Outcome(id = {"7, 0", "0, 7"}, expect = ACCEPTABLE, desc = "The sides did not meet.")
    @Outcome(id = {"100, 0", "100, 7"}, expect = ACCEPTABLE_INTERESTING, desc = "Taken before it was written.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class RoundBlind {
        private final RingScene ring = RingScene.roundBlind();

        @Actor
        public void writer() {
            ring.write(WRITTEN);
        }

        @Actor
        public void reader(II_Result r) {
            r.r1 = ring.take();
        }

        @Arbiter
        public void readsOn(II_Result r) {
            r.r2 = ring.take();
        }
    }

    @NegativeControl(without = "the compare-and-set of HEAD: moves it on without a look at where it is")
    @JCStressTest
    @Outcome(id = {"7, 0", "0, 7"}, expect = ACCEPTABLE, desc = "The readers did not meet.")
    @Outcome(id = "7, 7", expect = ACCEPTABLE_INTERESTING, desc = "Taken twice.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class ForgetfulReaders {
        private final RingScene ring = RingScene.forgetful();

        public ForgetfulReaders() {
            ring.write(WRITTEN);
        }

        @Actor
        public void one(II_Result r) {
            r.r1 = ring.take();
        }

        @Actor
        public void other(II_Result r) {
            r.r2 = ring.take();
        }
    }

    @NegativeControl(without = "the compare-and-set of TAIL: moves it on without a look at where it is")
    @JCStressTest
    @Outcome(id = {"1, 2", "2, 1"}, expect = ACCEPTABLE, desc = "The writers did not meet.")
    @Outcome(id = {"1, 0", "2, 0"}, expect = ACCEPTABLE_INTERESTING, desc = "Both have the same chunk.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class ForgetfulWriters {
        private final RingScene ring = RingScene.forgetful();

        @Actor
        public void one() {
            ring.write(1);
        }

        @Actor
        public void other() {
            ring.write(2);
        }

        @Arbiter
        public void reads(II_Result r) {
            r.r1 = ring.take();
            r.r2 = ring.take();
        }
    }
}
