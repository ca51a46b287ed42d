package dev.leasehold.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.leasehold.memory.internal.block.Magazine;
import dev.leasehold.memory.internal.block.PackedBlock;
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
 * The last closed lease of an epoch is reported while the epoch is sealed: either side may find it complete, and exactly one must.
 * The results: how often it retired, and how many quarantined blocks came back.
 */
public final class EpochSealRace {
    private EpochSealRace() {
    }

    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Retired once, with its block.")
    @Outcome(expect = FORBIDDEN, desc = "Retired twice, never, or without its block.")
    @State
    public static class OneBalance {
        private final Ledger.CountingArena arena = new Ledger.CountingArena();
        private final Epoch epoch = Ledger.epoch(arena, false);
        private final MemorySegment block = Blocks.next();
        private final Magazine note = new Magazine(1);

        public OneBalance() {
            if (!epoch.tryGrant(1)) throw new IllegalStateException("a fresh epoch refused a ticket");
            note.push(PackedBlock.INSTANCE.pack(block.address(), PackedBlock.INSTANCE.word(0, 0)));
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
            Ledger.retireNow();
            r.r1 = arena.completions.get();
            r.r2 = Blocks.returnsOf(block.address());
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
