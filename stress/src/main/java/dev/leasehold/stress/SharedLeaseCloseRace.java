package dev.leasehold.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.leasehold.memory.SharedLease;
import dev.leasehold.memory.internal.slab.Tenure;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** Two threads close one shared lease at the same time. The results: how often the block came back, how often the end was told. */
public final class SharedLeaseCloseRace {
    private static final int CODE = 4;

    private SharedLeaseCloseRace() {
    }

    /** A tenure that counts instead of giving anything back. */
    static final class CountingTenure extends Tenure {
        final AtomicInteger ends = new AtomicInteger();
        final AtomicInteger told = new AtomicInteger();

        CountingTenure() {
            super(CountingTenure.class, "stress");
        }

        @Override
        public void end(long address, int code, long size) {
            if (code != CODE) throw new IllegalStateException("block of class " + code + " came back, not of " + CODE);
            ends.incrementAndGet();
        }

        @Override
        public void ended(AutoCloseable lease) {
            told.incrementAndGet();
        }
    }

    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Given back once.")
    @Outcome(expect = FORBIDDEN, desc = "Given back twice, or never.")
    @State
    public static class CompareAndSet {
        private final CountingTenure tenure = new CountingTenure();
        private final SharedLease lease = new SharedLease(tenure, MemorySegment.NULL, CODE);

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

    @NegativeControl(without = "the compare-and-set: looks first, and stores then")
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "The closes did not meet.")
    @Outcome(id = "2, 2", expect = ACCEPTABLE_INTERESTING, desc = "Two leases would hold the block next.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class CheckThenStore {
        private final CountingTenure tenure = new CountingTenure();
        private volatile int state = CODE;

        private void close() {
            int code = state;
            if (code < 0) return;
            state = ~code;
            tenure.end(0, code, 0);
            tenure.ended(() -> { });
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
