package dev.leasehold.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.leasehold.memory.internal.slab.Bias;
import dev.leasehold.memory.internal.slab.Fence;
import dev.leasehold.memory.internal.slab.RefCount;
import kotlin.Unit;
import kotlin.jvm.functions.Function0;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * The owner of a block counts its references plainly while another thread counts them for the first time: the shipped count and bias,
 * with the shipped fence, and again with none.
 *
 * The fence lasts a thousand times longer than a count, so the two seldom meet there. {@link FencedUnderway} has an owner who counts all
 * through the fence.
 */
public final class BiasedCountRace {
    private BiasedCountRace() {
    }

    private static Unit fence() {
        Fence.INSTANCE.everyThread();
        return Unit.INSTANCE;
    }

    private static Unit noFence() {
        return Unit.INSTANCE;
    }

    /** A bias whose owner is the actor that says so: which thread runs it is not known when the state is made. */
    private static final class Scene extends Bias {
        private Thread owner;
        final RefCount count;

        Scene(Function0<Unit> fence) {
            super(0, fence, 1, 1);
            count = new RefCount(this, generationOfNext());
        }

        void own() {
            owner = Thread.currentThread();
        }

        @Override
        public boolean isOwner(Thread thread) {
            return thread == owner;
        }

        /** Retains and gives back; whether the way back freed the block, or 0 when there was none to retain. */
        int visit() {
            return count.tryRetain() ? ends(count.release()) : 0;
        }

        /** 1 for the end of the block, 0 for an end that others follow, and something else for none that was there to give back. */
        static int ends(int answer) {
            if (answer == RefCount.NONE) return LOST;
            return answer == RefCount.LAST ? 1 : 0;
        }

        private static final int LOST = 100;
    }

    /** The results: how often the owner freed the block, how often the other one did, and how many references are left. */
    @JCStressTest
    @Outcome(id = "1, 0, 0", expect = ACCEPTABLE, desc = "The owner gave the last reference back.")
    @Outcome(id = "0, 1, 0", expect = ACCEPTABLE, desc = "The other one did.")
    @Outcome(expect = FORBIDDEN, desc = "Freed twice, or not, or while somebody held it.")
    @State
    public static class Fenced {
        private final Scene scene = new Scene(BiasedCountRace::fence);

        @Actor
        public void owner(III_Result r) {
            scene.own();
            r.r1 = Scene.ends(scene.count.release());
        }

        @Actor
        public void other(III_Result r) {
            r.r2 = scene.visit();
        }

        @Arbiter
        public void left(III_Result r) {
            r.r3 = scene.count.getCount();
        }
    }

    /** The results: how often the block was freed, how many references are left, and how many were lost. */
    @JCStressTest
    @Outcome(id = "1, 0, 0", expect = ACCEPTABLE, desc = "Freed once, by its last.")
    @Outcome(expect = FORBIDDEN, desc = "A reference was lost, or came from nowhere.")
    @State
    public static class FencedUnderway {
        private static final int ROUNDS = 32;
        private static final int PAUSE = 50;

        private final Scene scene = new Scene(BiasedCountRace::fence);
        private int byOwner;
        private int byOther;
        private int lost;

        @Actor
        public void owner() {
            scene.own();
            int ends = 0;
            int refused = 0;
            for (int i = 0; i < ROUNDS; i++) {
                if (!scene.count.tryRetain()) refused++;
                for (int j = 0; j < PAUSE; j++) Thread.onSpinWait();
                ends += Scene.ends(scene.count.release());
            }
            byOwner = ends + Scene.ends(scene.count.release());
            lost = refused;
        }

        @Actor
        public void other() {
            byOther = scene.visit();
        }

        @Arbiter
        public void count(III_Result r) {
            r.r1 = byOwner + byOther;
            r.r2 = scene.count.getCount();
            r.r3 = lost;
        }
    }

    @NegativeControl(without = "the fence: the owner counts plainly, and the other one has already taken what it saw before")
    @JCStressTest
    @Outcome(id = "1, 0, 0", expect = ACCEPTABLE, desc = "The owner gave the last reference back.")
    @Outcome(id = "0, 1, 0", expect = ACCEPTABLE, desc = "The other one did.")
    @Outcome(id = "1, 0, 1", expect = ACCEPTABLE_INTERESTING, desc = "The owner freed it, and the other one left a count that is one too high.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class Unfenced {
        private final Scene scene = new Scene(BiasedCountRace::noFence);

        @Actor
        public void owner(III_Result r) {
            scene.own();
            r.r1 = Scene.ends(scene.count.release());
        }

        @Actor
        public void other(III_Result r) {
            r.r2 = scene.visit();
        }

        @Arbiter
        public void left(III_Result r) {
            r.r3 = scene.count.getCount();
        }
    }
}
