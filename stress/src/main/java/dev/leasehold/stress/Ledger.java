package dev.leasehold.stress;

import dev.leasehold.memory.internal.block.Magazine;
import dev.leasehold.memory.internal.block.PackedBlock;
import dev.leasehold.memory.internal.epoch.Epoch;
import dev.leasehold.memory.internal.epoch.EpochLedger;
import dev.leasehold.memory.internal.platform.Platform;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import kotlin.Unit;

/** The shipped ledger of epochs, one for all states, with a pool behind it that only counts what comes back. */
final class Ledger {
    static final EpochLedger SHARED = new EpochLedger(Ledger.class, "stress", Platform.current, 1 << 20, 64, false, new Keeper(), new dev.leasehold.memory.internal.block.Arenas());

    private Ledger() {
    }

    /** Retires every epoch that is complete, and returns when none is on its way any more. */
    static void retireNow() {
        if (!SHARED.retireCompleted()) throw new IllegalStateException("an epoch that nobody uses did not retire");
    }

    /** An epoch's arena, which nobody uses. It counts how often the epoch was found complete: each time the ledger would retire it. */
    static final class CountingArena implements Arena {
        final AtomicInteger completions = new AtomicInteger();

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
            throw new UnsupportedOperationException("the ledger closes only arenas that it has opened");
        }
    }

    /** Reports each closed lease at once, as a thread does whose share is full. */
    private static final class Keeper implements EpochLedger.Keeper {
        @Override
        public void note(Epoch epoch, long packed, long size) {
            Magazine note = new Magazine(1);
            note.push(packed);
            epoch.deposit(note);
        }

        @Override
        public void reportedTwice(long packed) {
            // Dropped: whether that is right shows in how often the block comes back.
        }

        @Override
        public void recycle(Magazine note) {
            while (note.count > 0) Blocks.returned(PackedBlock.INSTANCE.address(note.pop()));
        }

        @Override
        public void recycled() {
            // Counted when it was complete, and by the blocks that came back.
        }

        @Override
        public void settle() {
            throw new UnsupportedOperationException("no thread holds a share here");
        }
    }

    /** An epoch of one ticket in the shared ledger. */
    static Epoch epoch(CountingArena arena, boolean exact) {
        return new Epoch(SHARED, arena, exact, 1, complete -> {
            arena.completions.incrementAndGet();
            SHARED.complete(complete);
            return Unit.INSTANCE;
        });
    }
}
