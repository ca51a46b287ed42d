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

/**
 * Two threads free the same object of a pool at once: its slot comes back once.
 *
 * The results: whether the one was told that it freed the object, whether the other was, and how many blocks cannot be given back, because
 * their slot is not free or is free twice.
 */
public final class ObjectFreeRace {
    private ObjectFreeRace() {
    }

    /** A pool whose owner frees without an atomic operation. Both may be told so: they have no business to free the same object. */
    @JCStressTest
    @Outcome(id = {"1, 0, 0", "0, 1, 0"}, expect = ACCEPTABLE, desc = "Freed by one.")
    @Outcome(id = "1, 1, 0", expect = ACCEPTABLE, desc = "Freed once, and both got true.")
    @Outcome(expect = FORBIDDEN, desc = "The slot came back twice, or never.")
    @State
    public static class OwnerAndAnother {
        private final OwnedScene scene = OwnedScene.shipped();

        @Actor
        public void owner(III_Result r) {
            scene.allocate();
            scene.meet();
            r.r1 = scene.free();
        }

        @Actor
        public void another(III_Result r) {
            scene.meet();
            r.r2 = scene.free();
        }

        @Arbiter
        public void left(III_Result r) {
            r.r3 = scene.left();
        }
    }

    /** A pool whose objects can be held. Each thread has a cache, and so frees without a lock. */
    @JCStressTest
    @Outcome(id = {"1, 0, 0", "0, 1, 0"}, expect = ACCEPTABLE, desc = "Freed by one.")
    @Outcome(expect = FORBIDDEN, desc = "Freed twice, or the slot came back twice, or never.")
    @State
    public static class Holdable {
        private final HeldScene scene = HeldScene.shipped();

        public Holdable() {
            scene.allocate();
        }

        @Actor
        public void one(III_Result r) {
            scene.join();
            scene.meet();
            r.r1 = scene.free();
        }

        @Actor
        public void other(III_Result r) {
            scene.join();
            scene.meet();
            r.r2 = scene.free();
        }

        @Arbiter
        public void left(III_Result r) {
            r.r3 = scene.left();
        }
    }

    @NegativeControl(without = "the compare-and-set of the mark: looks at the word first, and marks it then")
    @JCStressTest
    @Outcome(id = {"1, 0, 0", "0, 1, 0", "1, 1, 0"}, expect = ACCEPTABLE, desc = "The sides did not meet.")
    @Outcome(id = "1, 1, 1", expect = ACCEPTABLE_INTERESTING, desc = "The slot came back twice: the owner finds a mark on what it freed.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class BlindlyClaimed {
        private final OwnedScene scene = OwnedScene.blindlyClaimed();

        @Actor
        public void owner(III_Result r) {
            scene.allocate();
            scene.meet();
            r.r1 = scene.free();
        }

        @Actor
        public void another(III_Result r) {
            scene.meet();
            r.r2 = scene.free();
        }

        @Arbiter
        public void left(III_Result r) {
            r.r3 = scene.left();
        }
    }

    @NegativeControl(without = "the compare-and-set of the word: stores what it makes of the word that it has read")
    @JCStressTest
    @Outcome(id = {"1, 0, 0", "0, 1, 0"}, expect = ACCEPTABLE, desc = "The sides did not meet.")
    @Outcome(id = "1, 1, 1", expect = ACCEPTABLE_INTERESTING, desc = "The slot came back twice.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class BlindlyFreed {
        private final HeldScene scene = HeldScene.blindlyHeld();

        public BlindlyFreed() {
            scene.allocate();
        }

        @Actor
        public void one(III_Result r) {
            scene.join();
            scene.meet();
            r.r1 = scene.free();
        }

        @Actor
        public void other(III_Result r) {
            scene.join();
            scene.meet();
            r.r2 = scene.free();
        }

        @Arbiter
        public void left(III_Result r) {
            r.r3 = scene.left();
        }
    }
}
