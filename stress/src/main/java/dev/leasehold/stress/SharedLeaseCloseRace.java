package dev.leasehold.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.leasehold.memory.SharedLease;
import dev.leasehold.memory.internal.block.Magazine;
import dev.leasehold.memory.internal.block.PackedBlock;
import dev.leasehold.memory.internal.block.Tenure;
import dev.leasehold.memory.internal.epoch.Epoch;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * Two threads close one shared lease at the same time. The results: how often its block came back, and how often its end was told or
 * its epoch retired.
 */
public final class SharedLeaseCloseRace {
    private static final int WORD = PackedBlock.INSTANCE.word(4, 0);

    private SharedLeaseCloseRace() {
    }

    /** A tenure that must be ended once, and counts. */
    static final class CountingTenure extends Tenure {
        final AtomicInteger ends = new AtomicInteger();
        final AtomicInteger told = new AtomicInteger();

        CountingTenure() {
            super(CountingTenure.class, "stress", true);
        }

        @Override
        public void end(long address, int word, long size) {
            if (word != WORD) throw new IllegalStateException("the lease of word " + word + " ended, not that of " + WORD);
            ends.incrementAndGet();
        }

        @Override
        public void cancel() {
            throw new UnsupportedOperationException("a lease that was given out ends");
        }

        @Override
        public boolean pin() {
            throw new UnsupportedOperationException("nothing here is pinned");
        }

        @Override
        public void unpin() {
            throw new UnsupportedOperationException("nothing here is pinned");
        }

        @Override
        public void ended() {
            told.incrementAndGet();
        }
    }

    /** Says of an epoch that it sorts out what is reported twice, whether or not it does. */
    private static final class Claiming extends Tenure {
        private final Epoch epoch;

        Claiming(Epoch epoch) {
            super(Claiming.class, "stress", false);
            this.epoch = epoch;
        }

        @Override
        public void end(long address, int word, long size) {
            epoch.end(address, word, size);
        }

        @Override
        public void cancel() {
            epoch.cancel();
        }

        @Override
        public boolean pin() {
            return epoch.pin();
        }

        @Override
        public void unpin() {
            epoch.unpin();
        }
    }

    /** A lease with the only ticket of an epoch that is sealed: the first close that is counted completes the epoch. */
    private static final class Scene {
        private final Ledger.CountingArena arena = new Ledger.CountingArena();
        private final MemorySegment block = Blocks.next();
        private final Epoch epoch;
        final SharedLease lease;

        Scene(boolean sorts) {
            epoch = Ledger.epoch(arena, !sorts);
            if (!epoch.tryGrant(1)) throw new IllegalStateException("a fresh epoch refused a ticket");
            epoch.seal();
            lease = Internals.leaseOf(new Claiming(epoch), block, WORD);
        }

        void count(II_Result r) {
            Ledger.retireNow();
            r.r1 = Blocks.returnsOf(block.address());
            for (Magazine late = epoch.withdraw(); late != null; late = epoch.withdraw()) r.r1 += late.count;
            r.r2 = arena.completions.get();
        }
    }

    /** The tenure must be ended once: a lease with an arena of its own, an owner or a trace. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Given back once.")
    @Outcome(expect = FORBIDDEN, desc = "Given back twice, or never.")
    @State
    public static class Exact {
        private final CountingTenure tenure = new CountingTenure();
        private final SharedLease lease = Internals.leaseOf(tenure, MemorySegment.NULL, WORD);

        @Actor
        public void one() {
            lease.close();
        }

        @Actor
        public void other() {
            lease.close();
        }

        @Arbiter
        public void count(II_Result r) {
            r.r1 = tenure.ends.get();
            r.r2 = tenure.told.get();
        }
    }

    /** Both closes may report the lease; the epoch must count one. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Given back once.")
    @Outcome(expect = FORBIDDEN, desc = "Given back twice, or never.")
    @State
    public static class InAnEpoch {
        private final Scene scene = new Scene(true);

        @Actor
        public void one() {
            scene.lease.close();
        }

        @Actor
        public void other() {
            scene.lease.close();
        }

        @Arbiter
        public void count(II_Result r) {
            scene.count(r);
        }
    }

    @NegativeControl(without = "the bit for each ticket: the epoch takes every report for a new one")
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "The closes did not meet.")
    @Outcome(id = "2, 1", expect = ACCEPTABLE_INTERESTING, desc = "Two leases would hold the block next.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class InACredulousEpoch {
        private final Scene scene = new Scene(false);

        @Actor
        public void one() {
            scene.lease.close();
        }

        @Actor
        public void other() {
            scene.lease.close();
        }

        @Arbiter
        public void count(II_Result r) {
            scene.count(r);
        }
    }

    @NegativeControl(without = "the compare-and-set: looks first, and stores then")
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "The closes did not meet.")
    @Outcome(id = "2, 2", expect = ACCEPTABLE_INTERESTING, desc = "Two leases would hold the block next.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class CheckThenStore {
        private final CountingTenure tenure = new CountingTenure();
        private volatile int state = WORD;

        private void close() {
            int word = state;
            if (word < 0) return;
            state = ~word;
            tenure.end(0, word, 0);
            tenure.ended();
        }

        @Actor
        public void one() {
            close();
        }

        @Actor
        public void other() {
            close();
        }

        @Arbiter
        public void count(II_Result r) {
            r.r1 = tenure.ends.get();
            r.r2 = tenure.told.get();
        }
    }
}
