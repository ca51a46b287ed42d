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
 * One thread holds an object of a pool while another frees it: the object's bytes stay its own until the last has let go, and its slot is
 * free then, once.
 */
public final class ObjectHoldRace {
    private ObjectHoldRace() {
    }

    /**
     * The next object is made at once. The results: what the one who holds met (0 refused, 1 the object's bytes, 2 the next one's), whether
     * the other was told that it freed the object, and how many blocks cannot be given back, because their slot is not free or is free twice.
     */
    @JCStressTest
    @Outcome(id = "0, 1, 0", expect = ACCEPTABLE, desc = "Came too late.")
    @Outcome(id = "1, 1, 0", expect = ACCEPTABLE, desc = "Undisturbed.")
    @Outcome(expect = FORBIDDEN, desc = "Another's bytes, or a slot that came back twice, or never.")
    @State
    public static class HoldOrFree {
        private final HeldScene scene = HeldScene.shipped();

        @Actor
        public void holds(III_Result r) {
            scene.meet();
            r.r1 = scene.holdAndLook();
        }

        @Actor
        public void frees(III_Result r) {
            scene.allocate();
            scene.meet();
            r.r2 = scene.freeAndReuse();
        }

        @Arbiter
        public void left(III_Result r) {
            scene.freeNext();
            r.r3 = scene.left();
        }
    }

    /** The results: whether the free was told that it freed the object, and how many blocks cannot be given back. */
    @JCStressTest
    @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "The slot came back once.")
    @Outcome(expect = FORBIDDEN, desc = "The slot came back twice, or never.")
    @State
    public static class LetGoOrFree {
        private final HeldScene scene = HeldScene.shipped();

        public LetGoOrFree() {
            scene.allocateHeld();
        }

        @Actor
        public void letsGo() {
            scene.meet();
            scene.letGo();
        }

        @Actor
        public void frees(II_Result r) {
            scene.meet();
            r.r1 = scene.free();
        }

        @Arbiter
        public void left(II_Result r) {
            r.r2 = scene.left();
        }
    }

    @NegativeControl(without = "the compare-and-set of the word: stores what it makes of the word that it has read")
    @JCStressTest
    @Outcome(id = {"0, 1, 0", "1, 1, 0"}, expect = ACCEPTABLE, desc = "The sides did not meet.")
    @Outcome(id = {"2, 1, 0", "2, 1, 1", "2, 1, 2"}, expect = ACCEPTABLE_INTERESTING, desc = "The next object's bytes.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "The slot came back twice, or never.")
    @State
    public static class BlindlyHeld {
        private final HeldScene scene = HeldScene.blindlyHeld();

        @Actor
        public void holds(III_Result r) {
            scene.meet();
            r.r1 = scene.holdAndLook();
        }

        @Actor
        public void frees(III_Result r) {
            scene.allocate();
            scene.meet();
            r.r2 = scene.freeAndReuse();
        }

        @Arbiter
        public void left(III_Result r) {
            scene.freeNext();
            r.r3 = scene.left();
        }
    }

    @NegativeControl(without = "the compare-and-set of the word: stores what it makes of the word that it has read")
    @JCStressTest
    @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "The sides did not meet.")
    @Outcome(id = "1, 1", expect = ACCEPTABLE_INTERESTING, desc = "The slot never came back: the end of the hold was overwritten.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class BlindlyFreed {
        private final HeldScene scene = HeldScene.blindlyHeld();

        public BlindlyFreed() {
            scene.allocateHeld();
        }

        @Actor
        public void letsGo() {
            scene.meet();
            scene.letGo();
        }

        @Actor
        public void frees(II_Result r) {
            scene.meet();
            r.r1 = scene.free();
        }

        @Arbiter
        public void left(II_Result r) {
            r.r2 = scene.left();
        }
    }
}
