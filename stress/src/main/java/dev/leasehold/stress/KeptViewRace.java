package dev.leasehold.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.leasehold.memory.MemoryHolder;
import dev.leasehold.memory.SharedLease;
import java.lang.foreign.MemorySegment;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** Views that may be kept, of one shared lease: there is at most one, and a block with one never comes straight back. */
public final class KeptViewRace {
    private KeptViewRace() {
    }

    /** A lease of which two threads want a view, and that is closed afterwards. */
    private static final class Scene {
        private final CountingSource source;
        private final MemoryHolder lease;
        MemorySegment one;
        MemorySegment other;

        Scene(CountingSource source, MemoryHolder lease) {
            this.source = source;
            this.lease = lease;
        }

        MemorySegment view() {
            return lease.asKeptMemorySegment();
        }

        void count(III_Result r) {
            Uses.close(lease);
            source.seal();
            r.r1 = one == other ? 1 : 0;
            r.r2 = source.getQuarantines();
            r.r3 = source.getCompletions();
        }
    }

    /** The results: whether both got the same view, how often the block went into quarantine, and how often its epoch was complete. */
    @JCStressTest
    @Outcome(id = "1, 1, 1", expect = ACCEPTABLE, desc = "One view, which the epoch knows.")
    @Outcome(expect = FORBIDDEN, desc = "Two views, or one that the epoch waits for in vain.")
    @State
    public static class TwoViews {
        private final Scene scene;

        public TwoViews() {
            CountingSource source = new CountingSource();
            scene = new Scene(source, Leases.of(Blocks.next(), source));
        }

        @Actor
        public void one() {
            scene.one = scene.view();
        }

        @Actor
        public void other() {
            scene.other = scene.view();
        }

        @Arbiter
        public void count(III_Result r) {
            scene.count(r);
        }
    }

    /** The results: whether there was a view, how often the block came straight back, and how often it went into quarantine. */
    @JCStressTest
    @Outcome(id = "0, 1, 0", expect = ACCEPTABLE, desc = "Came too late.")
    @Outcome(id = "1, 0, 1", expect = ACCEPTABLE, desc = "The block waits for its view.")
    @Outcome(expect = FORBIDDEN, desc = "Within reach of a view, or lost.")
    @State
    public static class ViewOrClose {
        private final CountingSource source = new CountingSource();
        private final SharedLease lease = Leases.of(Blocks.next(), source);

        @Actor
        public void views(III_Result r) {
            r.r1 = Uses.keepView(lease) ? 1 : 0;
        }

        @Actor
        public void closes() {
            lease.close();
        }

        @Arbiter
        public void count(III_Result r) {
            r.r2 = source.getReturns();
            r.r3 = source.getQuarantines();
        }
    }

    @NegativeControl(without = "the compare-and-set of the view: shows the view that it has made, though another thread was faster")
    @JCStressTest
    @Outcome(id = "1, 1, 1", expect = ACCEPTABLE, desc = "The sides did not meet.")
    @Outcome(id = "0, 1, 0", expect = ACCEPTABLE_INTERESTING, desc = "Two views; the epoch waits for one of them in vain.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class ManyViews {
        private final Scene scene;

        public ManyViews() {
            CountingSource source = new CountingSource();
            scene = new Scene(source, new ManyViewsLease(Blocks.next(), source));
        }

        @Actor
        public void one() {
            scene.one = scene.view();
        }

        @Actor
        public void other() {
            scene.other = scene.view();
        }

        @Arbiter
        public void count(III_Result r) {
            scene.count(r);
        }
    }

    @NegativeControl(without = "the compare-and-set of the count: the hold under which a view is made is overwritten by the close")
    @JCStressTest
    @Outcome(id = {"0, 1, 0", "1, 0, 1"}, expect = ACCEPTABLE, desc = "The sides did not meet.")
    @Outcome(id = "1, 1, 0", expect = ACCEPTABLE_INTERESTING, desc = "Came straight back, within reach of the view.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "Came back twice, or never.")
    @State
    public static class Forgetful {
        private final CountingSource source = new CountingSource();
        private final ForgetfulLease lease = new ForgetfulLease(Blocks.next(), source);

        @Actor
        public void views(III_Result r) {
            r.r1 = Uses.keepView(lease) ? 1 : 0;
        }

        @Actor
        public void closes() {
            lease.close();
        }

        @Arbiter
        public void count(III_Result r) {
            r.r2 = source.getReturns();
            r.r3 = source.getQuarantines();
        }
    }
}
