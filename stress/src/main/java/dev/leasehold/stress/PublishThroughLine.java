package dev.leasehold.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.leasehold.memory.coroutines.internal.line.ByteLine;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * One writes into its lease, plainly, and gives it back; the next, who has waited for its bytes, must find what was written: what a lease
 * did happens before what the next one does, on every way that bytes take through the line.
 *
 * The results: 1 when the bytes were had, 0 when they were not there yet; what was read in them; and what was read in a note beside them, on
 * the heap.
 *
 * The reader has looked before, as the keeper of a view has. Where nothing orders its reads, the compiler may use the older value again. So
 * the broken twin breaks also on processors that keep stores in order.
 */
public final class PublishThroughLine {
    private static final int WRITTEN = 7;

    private PublishThroughLine() {
    }

    /** What one leaves for the next: bytes off the heap, and a field on it. */
    private static final class Work {
        private final MemorySegment block = Blocks.next();
        private int note;

        void write() {
            block.set(ValueLayout.JAVA_INT, 0, WRITTEN);
            note = WRITTEN;
        }

        int older() {
            return block.get(ValueLayout.JAVA_INT, 0) + note;
        }

        void read(III_Result r) {
            r.r1 = 1;
            r.r3 = note;
            r.r2 = block.get(ValueLayout.JAVA_INT, 0);
        }
    }

    /** No request waits: the bytes go into the state, and are taken from there. */
    @JCStressTest
    @Outcome(id = "0, 0, 0", expect = ACCEPTABLE, desc = "Not given back yet.")
    @Outcome(id = "1, 7, 7", expect = ACCEPTABLE, desc = "Had, with what was written.")
    @Outcome(expect = FORBIDDEN, desc = "Had, without what was written.")
    @State
    public static class ToTheNextToCome {
        private final Work work = new Work();
        private final ByteLine line = CountingWaiter.exhausted(1);
        int older;

        @Actor
        public void writer() {
            work.write();
            line.giveBack(1);
        }

        @Actor
        public void reader(III_Result r) {
            older = work.older();
            if (!line.tryTake(1)) return;
            work.read(r);
        }
    }

    /** As a thread waits: it looks at its status. The bytes go past the state. */
    @JCStressTest
    @Outcome(id = "0, 0, 0", expect = ACCEPTABLE, desc = "Not given back yet.")
    @Outcome(id = "1, 7, 7", expect = ACCEPTABLE, desc = "Had, with what was written.")
    @Outcome(expect = FORBIDDEN, desc = "Had, without what was written.")
    @State
    public static class ToOneWhoWaits {
        private final Work work = new Work();
        private final ByteLine line = CountingWaiter.exhausted(1);
        private final CountingWaiter waiter = CountingWaiter.joined(line);
        int older;

        @Actor
        public void writer() {
            work.write();
            line.giveBack(1);
        }

        @Actor
        public void reader(III_Result r) {
            older = work.older();
            if (!waiter.isGranted()) return;
            work.read(r);
        }
    }

    /** It joins while the bytes come back: either thread may grant them. */
    @JCStressTest
    @Outcome(id = "0, 0, 0", expect = ACCEPTABLE, desc = "Not given back yet.")
    @Outcome(id = "1, 7, 7", expect = ACCEPTABLE, desc = "Had, with what was written.")
    @Outcome(expect = FORBIDDEN, desc = "Had, without what was written.")
    @State
    public static class ToOneWhoJoins {
        private final Work work = new Work();
        private final ByteLine line = CountingWaiter.exhausted(1);
        private final CountingWaiter waiter = new CountingWaiter();
        int older;

        @Actor
        public void writer() {
            work.write();
            line.giveBack(1);
        }

        @Actor
        public void reader(III_Result r) {
            older = work.older();
            line.join(waiter);
            if (!waiter.isGranted()) return;
            work.read(r);
        }
    }

    @NegativeControl(without = "the atomic status of the waiter: a plain field")
    @JCStressTest
    @Outcome(id = "0, 0, 0", expect = ACCEPTABLE, desc = "Not given back yet.")
    @Outcome(id = "1, 7, 7", expect = ACCEPTABLE, desc = "Had, with what was written.")
    @Outcome(id = {"1, 0, 0", "1, 0, 7", "1, 7, 0"}, expect = ACCEPTABLE_INTERESTING, desc = "Had, without what was written.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class ToOneWhoLooksPlainly {
        private final Work work = new Work();
        private boolean granted;
        int older;

        @Actor
        public void writer() {
            work.write();
            granted = true;
        }

        @Actor
        public void reader(III_Result r) {
            older = work.older();
            if (!granted) return;
            work.read(r);
        }
    }
}
