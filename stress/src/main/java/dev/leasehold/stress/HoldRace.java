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
 * Scopes and references of one block, which several threads count: the block is freed by the last of them, once, and not under a scope.
 */
public final class HoldRace {
    private HoldRace() {
    }

    /** One block with its count, and what two threads do with it. */
    private static final class Scene {
        private static final int REFUSED = 0;
        private static final int LAST = 1;
        private static final int NOT_LAST = 2;
        private static final int FREED_MEANWHILE = 3;
        private static final int LOST = 4;

        private final Count count;
        private volatile boolean freed;
        private volatile boolean inside;

        Scene(Count count) {
            this.count = count;
        }

        void free() {
            freed = true;
        }

        /** Gives the reference back; whether that freed the block. */
        int release() {
            int left = count.release();
            if (left == Count.LAST) freed = true;
            return endOf(left);
        }

        /** Uses the block in a scope. */
        int use() {
            if (!count.open()) return REFUSED;
            inside = true;
            boolean lost = freed;
            inside = false;
            int end = endOf(count.shut());
            return lost ? FREED_MEANWHILE : end;
        }

        /** Ends a scope that was begun before. */
        int shut() {
            return endOf(count.shut());
        }

        /** Keeps all others out: 2 when a scope was inside all the same. */
        int lock() {
            if (!count.lock()) return 0;
            int seen = 1;
            for (int look = 0; look < 4; look++) if (inside) seen = 2;
            count.unlock();
            return seen;
        }

        private static int endOf(int left) {
            if (left == Count.NONE) return LOST;
            return left == Count.LAST ? LAST : NOT_LAST;
        }
    }

    /** A count with one reference and one scope. */
    private static Count opened(Count count) {
        if (!count.open()) throw new IllegalStateException("a fresh count refused a scope");
        return count;
    }

    /** The results: 1 when the scope freed the block, and 1 when the reference did; 2 when there was more, 4 when there was nothing. */
    @JCStressTest
    @Outcome(id = {"1, 2", "2, 1"}, expect = ACCEPTABLE, desc = "Freed by the last hold.")
    @Outcome(expect = FORBIDDEN, desc = "Freed twice, or never.")
    @State
    public static class ShutOrRelease {
        private final Scene scene = new Scene(opened(new Count()));

        @Actor
        public void shuts(II_Result r) {
            r.r1 = scene.shut();
        }

        @Actor
        public void releases(II_Result r) {
            r.r2 = scene.release();
        }
    }

    /** The results: what became of the scope (0 refused, 1 last, 2 not last, 3 freed meanwhile, 4 lost), the same of the reference. */
    @JCStressTest
    @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "Came too late.")
    @Outcome(id = "1, 2", expect = ACCEPTABLE, desc = "The scope outlived the reference.")
    @Outcome(id = "2, 1", expect = ACCEPTABLE, desc = "The scope had ended.")
    @Outcome(expect = FORBIDDEN, desc = "Freed under a scope, twice, or never.")
    @State
    public static class UseOrRelease {
        private final Scene scene = new Scene(new Count());

        @Actor
        public void uses(II_Result r) {
            r.r1 = scene.use();
        }

        @Actor
        public void releases(II_Result r) {
            r.r2 = scene.release();
        }
    }

    /**
     * One who is alone with a block moves it, which no scope may see half done. The results: whether it was alone (2: it was not, and thought
     * so), what became of the scope, and how many references are left.
     */
    @JCStressTest
    @Outcome(id = {"0, 2, 1", "1, 2, 1"}, expect = ACCEPTABLE, desc = "One after the other.")
    @Outcome(expect = FORBIDDEN, desc = "A scope was inside, or a hold was lost.")
    @State
    public static class UseOrLock {
        private final Scene scene = new Scene(new Count());

        @Actor
        public void locks(III_Result r) {
            r.r1 = scene.lock();
        }

        @Actor
        public void uses(III_Result r) {
            r.r2 = scene.use();
        }

        @Arbiter
        public void left(III_Result r) {
            r.r3 = scene.count.getLeft();
        }
    }

    /** The results: whether a reference was added, whether its end or the other one's freed the block, and how many are left. */
    @JCStressTest
    @Outcome(id = "0, 1, 0", expect = ACCEPTABLE, desc = "Came too late.")
    @Outcome(id = {"1, 2, 0", "2, 1, 0"}, expect = ACCEPTABLE, desc = "Freed by the last.")
    @Outcome(expect = FORBIDDEN, desc = "Freed twice, never, or revived.")
    @State
    public static class RetainOrRelease {
        private final Scene scene = new Scene(new Count());

        @Actor
        public void retains(III_Result r) {
            if (scene.count.retain()) r.r1 = scene.release();
        }

        @Actor
        public void releases(III_Result r) {
            r.r2 = scene.release();
        }

        @Arbiter
        public void left(III_Result r) {
            r.r3 = scene.count.getLeft();
        }
    }

    @NegativeControl(without = "the compare-and-set of the count: stores what it makes of the word that it has read")
    @JCStressTest
    @Outcome(id = {"1, 2", "2, 1"}, expect = ACCEPTABLE, desc = "The sides did not meet.")
    @Outcome(id = "2, 2", expect = ACCEPTABLE_INTERESTING, desc = "Never freed: one end was overwritten.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class ForgetfulShut {
        private final Scene scene = new Scene(opened(new ForgetfulCount()));

        @Actor
        public void shuts(II_Result r) {
            r.r1 = scene.shut();
        }

        @Actor
        public void releases(II_Result r) {
            r.r2 = scene.release();
        }
    }

    @NegativeControl(without = "the compare-and-set of the count: stores what it makes of the word that it has read")
    @JCStressTest
    @Outcome(id = {"0, 1", "1, 2", "2, 1"}, expect = ACCEPTABLE, desc = "The sides did not meet.")
    @Outcome(id = {"3, 1", "4, 1"}, expect = ACCEPTABLE_INTERESTING, desc = "Freed under the scope.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "Freed twice, or never.")
    @State
    public static class ForgetfulUse {
        private final Scene scene = new Scene(new ForgetfulCount());

        @Actor
        public void uses(II_Result r) {
            r.r1 = scene.use();
        }

        @Actor
        public void releases(II_Result r) {
            r.r2 = scene.release();
        }
    }
}
