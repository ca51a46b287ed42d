package dev.leasehold.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.leasehold.memory.SharedLease;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/** Two threads close one shared lease at the same time: its block comes back once. */
public final class SharedLeaseCloseRace {
    private SharedLeaseCloseRace() {
    }

    /** The results: how often the block came back, and whether the lease says that it is closed. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Given back once.")
    @Outcome(expect = FORBIDDEN, desc = "Given back twice, or never.")
    @State
    public static class Plain {
        private final CountingSource source = new CountingSource();
        private final SharedLease lease = Leases.of(Blocks.next(), source);

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
            r.r1 = source.getReturns();
            r.r2 = lease.isClosed() ? 1 : 0;
        }
    }

    /** A lease with an owner, a trace or a charge. The results: how often the block came back, and how often the end was announced. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Given back once.")
    @Outcome(expect = FORBIDDEN, desc = "Given back twice, or never.")
    @State
    public static class Watched {
        private final CountingSource source = new CountingSource();
        private final CountingAttachment attachment = new CountingAttachment();
        private final SharedLease lease = Leases.of(Blocks.next(), source, attachment);

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
            r.r1 = source.getReturns();
            r.r2 = attachment.getCount();
        }
    }

    /**
     * A lease with a kept view, whose epoch is sealed: the close completes it. The results: how often the block came straight back, how
     * often it went into quarantine, and how often the epoch was complete.
     */
    @JCStressTest
    @Outcome(id = "0, 1, 1", expect = ACCEPTABLE, desc = "In quarantine once.")
    @Outcome(expect = FORBIDDEN, desc = "Given back twice, never, or within reach of its view.")
    @State
    public static class InAnEpoch {
        private final CountingSource source = new CountingSource();
        private final SharedLease lease = Leases.of(Blocks.next(), source);

        public InAnEpoch() {
            if (!Uses.keepView(lease)) throw new IllegalStateException("a fresh lease refused a view");
            source.seal();
        }

        @Actor
        public void one() {
            lease.close();
        }

        @Actor
        public void other() {
            lease.close();
        }

        @Arbiter
        public void count(III_Result r) {
            r.r1 = source.getReturns();
            r.r2 = source.getQuarantines();
            r.r3 = source.getCompletions();
        }
    }

    @NegativeControl(without = "the compare-and-set of the count: stores what it makes of the word that it has read")
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "The closes did not meet.")
    @Outcome(id = "2, 2", expect = ACCEPTABLE_INTERESTING, desc = "Two leases would hold the block next.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class Forgetful {
        private final CountingSource source = new CountingSource();
        private final CountingAttachment attachment = new CountingAttachment();
        private final ForgetfulLease lease = new ForgetfulLease(Blocks.next(), source, attachment);

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
            r.r1 = source.getReturns();
            r.r2 = attachment.getCount();
        }
    }
}
