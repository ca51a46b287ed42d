package dev.leasehold.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.leasehold.memory.SharedLease;
import dev.leasehold.memory.coroutines.internal.line.ByteLine;
import dev.leasehold.memory.coroutines.internal.own.Binding;
import dev.leasehold.memory.coroutines.internal.own.Grant;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * The end of a lease that a job, or a block, may end: while the job completes, the lease is moved away from it, or moved to another job, or
 * closed by its owner. Of those that would end it one does, its bytes go back once, and no binding that was replaced keeps the lease.
 */
public final class GrantEndRace {
    private GrantEndRace() {
    }

    /** A binding that counts how often it was taken out of its grant. */
    private static final class CountingBinding extends Binding {
        final AtomicInteger loosened = new AtomicInteger();

        @Override
        public void loosen() {
            loosened.incrementAndGet();
        }

        @Override
        public void restore(Grant grant, SharedLease lease) {
            throw new UnsupportedOperationException("nothing is given back here");
        }
    }

    /** The results: 1 when the move took the lease out, -1 when it did not, and saw no end of it; and 1 when the job ends it. */
    @JCStressTest
    @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "Moved.")
    @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "Ended, and the move knows.")
    @Outcome(expect = FORBIDDEN, desc = "Moved and closed all the same, or neither.")
    @State
    public static class MoveOrEnd {
        private static final ByteLine LINE = CountingWaiter.exhausted(1);
        private final Grant grant = new Grant(LINE, 1, null, true);
        private final Binding binding = new CountingBinding();

        public MoveOrEnd() {
            if (!grant.bind(binding)) throw new IllegalStateException("a fresh grant has ended");
        }

        @Actor
        public void moves(II_Result r) {
            r.r1 = grant.unbind() != null ? 1 : grant.isEnding() ? 0 : -1;
        }

        @Actor
        public void ends(II_Result r) {
            r.r2 = grant.end(binding) ? 1 : 0;
        }
    }

    /** The results: how often the binding before was loosened, and how often the two that were to take its place. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "The later one has it, and the one before forgets it.")
    @Outcome(expect = FORBIDDEN, desc = "Two may end it, or none; or one keeps it for ever.")
    @State
    public static class TwoMoves {
        private static final ByteLine LINE = CountingWaiter.exhausted(1);
        private final Grant grant = new Grant(LINE, 1, null, true);
        private final CountingBinding before = new CountingBinding();
        private final CountingBinding one = new CountingBinding();
        private final CountingBinding other = new CountingBinding();

        public TwoMoves() {
            if (!grant.bind(before)) throw new IllegalStateException("a fresh grant has ended");
        }

        @Actor
        public void one() {
            if (!grant.bind(one)) throw new IllegalStateException("the grant of an open lease refused a binding");
        }

        @Actor
        public void other() {
            if (!grant.bind(other)) throw new IllegalStateException("the grant of an open lease refused a binding");
        }

        @Arbiter
        public void count(II_Result r) {
            r.r1 = before.loosened.get();
            r.r2 = one.loosened.get() + other.loosened.get();
            if (grant.holds(one) == grant.holds(other)) r.r2 = -1;
        }
    }

    /** The results: how many bytes are out, and how often the binding was loosened. */
    @JCStressTest
    @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "Given back once.")
    @Outcome(expect = FORBIDDEN, desc = "Given back twice, or never.")
    @State
    public static class TwoEnds {
        private final ByteLine line = CountingWaiter.exhausted(1);
        private final Grant grant = new Grant(line, 1, null, false);
        private final CountingBinding binding = new CountingBinding();

        public TwoEnds() {
            if (!grant.bind(binding)) throw new IllegalStateException("a fresh grant has ended");
        }

        @Actor
        public void leaseEnds() {
            grant.leaseEnded();
        }

        @Actor
        public void releases() {
            grant.release();
        }

        @Arbiter
        public void count(II_Result r) {
            r.r1 = (int) line.getUsed();
            r.r2 = binding.loosened.get();
        }
    }

    @NegativeControl(without = "the compare-and-set of the grant's state: looks first, and stores then")
    @JCStressTest
    @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "The sides did not meet.")
    @Outcome(id = "-1, 1", expect = ACCEPTABLE_INTERESTING, desc = "Given back twice: the line lends a byte more than it has.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class CheckThenStore {
        private final ByteLine line = CountingWaiter.exhausted(1);
        private volatile boolean held = true;

        private void release() {
            if (!held) return;
            held = false;
            line.giveBack(1);
        }

        @Actor
        public void leaseEnds() {
            release();
        }

        @Actor
        public void releases() {
            release();
        }

        @Arbiter
        public void count(II_Result r) {
            r.r1 = (int) line.getUsed();
            r.r2 = held ? 0 : 1;
        }
    }

    @NegativeControl(without = "the mark of a binding that ends the lease: looks whether it is still there, and closes then")
    @JCStressTest
    @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "Moved.")
    @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "Ended.")
    @Outcome(id = "1, 1", expect = ACCEPTABLE_INTERESTING, desc = "Moved, and closed under its new owner.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class Unmarked {
        private volatile Binding binding = new CountingBinding();

        @Actor
        public void moves(II_Result r) {
            Binding before = binding;
            binding = null;
            r.r1 = before != null ? 1 : 0;
        }

        @Actor
        public void ends(II_Result r) {
            if (binding == null) return;
            binding = null;
            r.r2 = 1;
        }
    }
}
