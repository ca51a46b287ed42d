package dev.leasehold.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.leasehold.memory.SharedLease;
import dev.leasehold.memory.internal.block.Fence;
import dev.leasehold.memory.internal.cache.Bias;
import kotlin.Unit;
import kotlin.jvm.functions.Function0;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * One thread uses the bytes of a shared lease in a scope while another closes it, and the next holder of its block writes to it at once:
 * no scope sees that.
 *
 * The results: what the scope met (0 refused, 1 its own bytes, 2 the next holder's), and how often the block came back.
 */
public final class ScopedUseRace {
    private ScopedUseRace() {
    }

    /** Counted by compare-and-set, on both threads. */
    @JCStressTest
    @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "Came too late.")
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Undisturbed.")
    @Outcome(expect = FORBIDDEN, desc = "Another's bytes, or a block that came back twice or never.")
    @State
    public static class Counted {
        private final CountingSource source = new CountingSource();
        private final SharedLease lease = Leases.of(Blocks.next(), source);

        @Actor
        public void uses(II_Result r) {
            r.r1 = Uses.inScope(lease);
        }

        @Actor
        public void closes() {
            lease.close();
        }

        @Arbiter
        public void count(II_Result r) {
            r.r2 = source.getReturns();
        }
    }

    /** A bias whose owner is the actor that says so: which thread runs it is not known when the state is made. */
    private static final class PlayedBias extends Bias {
        private Thread owner;

        PlayedBias(Function0<Unit> fence) {
            super(0, fence, 1, 1);
        }

        void own() {
            owner = Thread.currentThread();
        }

        @Override
        public boolean isOwner(Thread thread) {
            return thread == owner;
        }
    }

    /** An owner who uses its lease again and again, and counts that plainly, until it is refused. */
    private static class Underway {
        private static final int MOST = 2_000;
        private static final int PATIENCE = 10_000;

        private final CountingSource source = new CountingSource();
        private final PlayedBias bias;
        private final SharedLease lease;
        private volatile boolean begun;
        private int met;

        Underway(Function0<Unit> fence) {
            bias = new PlayedBias(fence);
            lease = Leases.biased(Blocks.next(), source, bias);
        }

        void use() {
            bias.own();
            int worst = 0;
            for (int i = 0; i < MOST; i++) {
                int now = Uses.inScope(lease);
                if (now == Uses.REFUSED) break;
                worst = Math.max(worst, now);
                if (i == 0) begun = true;
            }
            met = worst;
        }

        /** Waits a little for the owner: most closes would come before it. */
        void close() {
            for (int i = 0; i < PATIENCE && !begun; i++) Thread.onSpinWait();
            lease.close();
        }

        void count(II_Result r) {
            r.r1 = met;
            r.r2 = source.getReturns();
        }
    }

    /** Counted plainly by the owner, until the other thread ends its bias. */
    @JCStressTest
    @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "Came too late.")
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Undisturbed.")
    @Outcome(expect = FORBIDDEN, desc = "Another's bytes, or a block that came back twice or never.")
    @State
    public static class CountedPlainly extends Underway {
        public CountedPlainly() {
            super(() -> {
                Fence.INSTANCE.everyThread();
                return Unit.INSTANCE;
            });
        }

        @Actor
        public void uses() {
            use();
        }

        @Actor
        public void closes() {
            close();
        }

        @Arbiter
        public void sum(II_Result r) {
            count(r);
        }
    }

    @NegativeControl(without = "the fence: the owner counts plainly on, and the other one has already taken what it saw before")
    @JCStressTest
    @Outcome(id = {"0, 1", "1, 1"}, expect = ACCEPTABLE, desc = "The sides did not meet.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "Another's bytes, or a block that came back twice or never.")
    @State
    public static class Unfenced extends Underway {
        public Unfenced() {
            super(() -> Unit.INSTANCE);
        }

        @Actor
        public void uses() {
            use();
        }

        @Actor
        public void closes() {
            close();
        }

        @Arbiter
        public void sum(II_Result r) {
            count(r);
        }
    }

    @NegativeControl(without = "the compare-and-set of the count: stores what it makes of the word that it has read")
    @JCStressTest
    @Outcome(id = {"0, 1", "1, 1"}, expect = ACCEPTABLE, desc = "The sides did not meet.")
    @Outcome(id = "2, 1", expect = ACCEPTABLE_INTERESTING, desc = "The next holder wrote to the bytes.")
    @Outcome(id = {"1, 2", "2, 2"}, expect = ACCEPTABLE_INTERESTING, desc = "The block came back twice.")
    @Outcome(id = "1, 0", expect = ACCEPTABLE_INTERESTING, desc = "The block never came back: the close was overwritten.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class Forgetful {
        private final CountingSource source = new CountingSource();
        private final ForgetfulLease lease = new ForgetfulLease(Blocks.next(), source);

        @Actor
        public void uses(II_Result r) {
            r.r1 = Uses.inScope(lease);
        }

        @Actor
        public void closes() {
            lease.close();
        }

        @Arbiter
        public void count(II_Result r) {
            r.r2 = source.getReturns();
        }
    }
}
