package dev.leasehold.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.leasehold.memory.internal.block.Fence;
import dev.leasehold.memory.internal.cache.Bias;
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
        final Count count;

        Scene(Function0<Unit> fence) {
            super(0, fence, 1, 1);
            count = new Count(this, generationOfNext());
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
            return count.retain() ? ends(count.release()) : 0;
        }

        /** 1 for the end of the block, 0 for an end that others follow, and something else for none that was there to give back. */
        static int ends(int left) {
            if (left == Count.NONE) return LOST;
            return left == Count.LAST ? 1 : 0;
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
            r.r3 = scene.count.getLeft();
        }
    }

    /** An owner who retains and gives back all the time, and then for good, while another thread does so once. */
    private static class Underway {
        private final Scene scene;
        private int byOwner;
        private int byOther;
        private int refused;

        Underway(Function0<Unit> fence) {
            scene = new Scene(fence);
        }

        void own(int rounds, int pause) {
            scene.own();
            int ends = 0;
            int missed = 0;
            for (int i = 0; i < rounds; i++) {
                if (!scene.count.retain()) missed++;
                for (int j = 0; j < pause; j++) Thread.onSpinWait();
                ends += Scene.ends(scene.count.release());
            }
            byOwner = ends + Scene.ends(scene.count.release());
            refused = missed;
        }

        void visit() {
            byOther = scene.visit();
        }

        void count(III_Result r) {
            r.r1 = byOwner + byOther;
            r.r2 = scene.count.getLeft();
            r.r3 = refused;
        }
    }

    /** The results: how often the block was freed, how many references are left, and how often a held block was refused. */
    @JCStressTest
    @Outcome(id = "1, 0, 0", expect = ACCEPTABLE, desc = "Freed once, by its last.")
    @Outcome(expect = FORBIDDEN, desc = "A reference was lost, or came from nowhere.")
    @State
    public static class FencedUnderway extends Underway {
        public FencedUnderway() {
            super(BiasedCountRace::fence);
        }

        @Actor
        public void owner() {
            own(32, 50);
        }

        @Actor
        public void other() {
            visit();
        }

        @Arbiter
        public void sum(III_Result r) {
            count(r);
        }
    }

    /** The results as there. The owner does not pause, because no thread waits for a fence. */
    @NegativeControl(without = "the fence: the owner counts plainly on, and the other one has already taken what it saw before")
    @JCStressTest
    @Outcome(id = "1, 0, 0", expect = ACCEPTABLE, desc = "Freed once, by its last.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "A reference was lost, or came from nowhere.")
    @State
    public static class Unfenced extends Underway {
        public Unfenced() {
            super(BiasedCountRace::noFence);
        }

        @Actor
        public void owner() {
            own(200, 0);
        }

        @Actor
        public void other() {
            visit();
        }

        @Arbiter
        public void sum(III_Result r) {
            count(r);
        }
    }
}
