package dev.leasehold.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.leasehold.memory.internal.platform.Platform;
import dev.leasehold.memory.internal.slab.Epoch;
import dev.leasehold.memory.internal.slab.EpochLedger;
import dev.leasehold.memory.internal.slab.Magazine;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * The last closed lease of an epoch is reported while the epoch is sealed: either side may find it complete, and exactly one must.
 * The results: how often it retired, and how many quarantined blocks came back.
 */
public final class EpochSealRace {
    private EpochSealRace() {
    }

    /** An epoch's arena as the ledger sees it: it closes it once each time that the epoch retires. */
    static final class CountingArena implements Arena {
        final AtomicInteger closes = new AtomicInteger();

        @Override
        public MemorySegment allocate(long byteSize, long byteAlignment) {
            throw new UnsupportedOperationException("nothing is allocated in an epoch's arena");
        }

        @Override
        public MemorySegment.Scope scope() {
            return Arena.global().scope();
        }

        @Override
        public void close() {
            closes.incrementAndGet();
        }
    }

    /** Marks the notes that come back, as each stands for itself; one ledger serves all states. */
    private static final class MarkingKeeper implements EpochLedger.Keeper {
        @Override
        public void note(Epoch epoch, long packed, long size) {
            throw new UnsupportedOperationException("no lease is closed here");
        }

        @Override
        public void recycle(Magazine note) {
            while (note.count > 0) note.rounds[note.count - 1] = -note.pop();
        }

        @Override
        public void recycled() {
            // The arena has counted it.
        }

        @Override
        public void settle() {
            throw new UnsupportedOperationException("no thread holds a share here");
        }
    }

    private static final EpochLedger LEDGER =
        new EpochLedger(EpochSealRace.class, "stress", Platform.current, 1 << 20, 64, new MarkingKeeper());

    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Retired once, with its block.")
    @Outcome(expect = FORBIDDEN, desc = "Retired twice, never, or without its block.")
    @State
    public static class OneBalance {
        private final CountingArena arena = new CountingArena();
        private final Epoch epoch = new Epoch(LEDGER, arena);
        private final Magazine note = new Magazine(1);

        public OneBalance() {
            if (!epoch.tryGrant(1)) throw new IllegalStateException("a fresh epoch refused a ticket");
            note.push(1);
        }

        @Actor
        public void reports() {
            epoch.deposit(note);
        }

        @Actor
        public void seals() {
            epoch.seal();
        }

        @Arbiter
        public void count(II_Result r) {
            if (!LEDGER.retireCompleted()) throw new IllegalStateException("an epoch that nobody uses did not retire");
            r.r1 = arena.closes.get();
            r.r2 = note.rounds[0] < 0 ? 1 : 0;
        }
    }

    @NegativeControl(without = "the one word: seal and count apart, each atomic")
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "The sides did not meet.")
    @Outcome(id = "2, 1", expect = ACCEPTABLE_INTERESTING, desc = "Retired twice.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class TwoWords {
        private final AtomicInteger open = new AtomicInteger(1);
        private final AtomicInteger completions = new AtomicInteger();
        private volatile boolean sealed;
        private volatile boolean deposited;

        @Actor
        public void reports() {
            deposited = true;
            if (open.decrementAndGet() == 0 && sealed) completions.incrementAndGet();
        }

        @Actor
        public void seals() {
            sealed = true;
            if (open.get() == 0) completions.incrementAndGet();
        }

        @Arbiter
        public void count(II_Result r) {
            r.r1 = completions.get();
            r.r2 = deposited ? 1 : 0;
        }
    }
}
