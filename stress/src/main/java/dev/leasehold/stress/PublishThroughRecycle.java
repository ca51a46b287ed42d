package dev.leasehold.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.leasehold.memory.internal.block.Magazine;
import dev.leasehold.memory.internal.block.MagazineStack;
import dev.leasehold.memory.internal.engine.ChunkStack;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * One thread writes into its block, plainly, and gives it back; another takes it and must find the bytes: the last store of a lease
 * happens before the next rent of its block, and so zeroing on close is a promise to the next holder.
 *
 * The results: 1 when the block was had, 0 when it was not there yet; what was read in it; and how full its magazine was.
 *
 * The reader has looked at block and magazine before, as the keeper of a view or of an emptied magazine has. Where nothing orders its
 * reads, the compiler may use the older value again. So the broken twin breaks also on processors that keep stores in order.
 */
public final class PublishThroughRecycle {
    private static final int WRITTEN = 7;

    private PublishThroughRecycle() {
    }

    private static int read(MemorySegment block) {
        return block.get(ValueLayout.JAVA_INT, 0);
    }

    private static void write(MemorySegment block) {
        block.set(ValueLayout.JAVA_INT, 0, WRITTEN);
    }

    /** Without a magazine. */
    @JCStressTest
    @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "Not given back yet.")
    @Outcome(id = "1, 7", expect = ACCEPTABLE, desc = "Had, with the bytes.")
    @Outcome(expect = FORBIDDEN, desc = "Had, without the bytes.")
    @State
    public static class ThroughChunkStack {
        private final MemorySegment block = Blocks.next();
        private final ChunkStack free = new ChunkStack(1);
        private final int chunk = free.pop();
        int older;

        @Actor
        public void writer() {
            write(block);
            free.push(chunk);
        }

        @Actor
        public void reader(II_Result r) {
            older = read(block);
            if (free.pop() < 0) return;
            r.r1 = 1;
            r.r2 = read(block);
        }
    }

    @JCStressTest
    @Outcome(id = "0, 0, 0", expect = ACCEPTABLE, desc = "Not given back yet.")
    @Outcome(id = "1, 7, 1", expect = ACCEPTABLE, desc = "Had, with the bytes.")
    @Outcome(expect = FORBIDDEN, desc = "Had, without the bytes or in an empty magazine.")
    @State
    public static class ThroughMagazineStack {
        private final MemorySegment block = Blocks.next();
        private final Magazine magazine = new Magazine(1);
        private final MagazineStack full = new MagazineStack();
        int older;

        @Actor
        public void writer() {
            write(block);
            magazine.push(block.address());
            full.push(magazine);
        }

        @Actor
        public void reader(III_Result r) {
            older = read(block) + magazine.count;
            if (full.pop() == null) return;
            r.r1 = 1;
            r.r3 = magazine.count;
            r.r2 = read(block);
        }
    }

    @NegativeControl(without = "the atomic top: a plain field")
    @JCStressTest
    @Outcome(id = "0, 0, 0", expect = ACCEPTABLE, desc = "Not given back yet.")
    @Outcome(id = "1, 7, 1", expect = ACCEPTABLE, desc = "Had, with the bytes.")
    @Outcome(id = {"1, 0, 0", "1, 0, 1", "1, 7, 0"}, expect = ACCEPTABLE_INTERESTING, desc = "Had, but not what was written before.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class ThroughPlainStack {
        private final MemorySegment block = Blocks.next();
        private final Magazine magazine = new Magazine(1);
        private Magazine top;
        int older;

        @Actor
        public void writer() {
            write(block);
            magazine.push(block.address());
            top = magazine;
        }

        @Actor
        public void reader(III_Result r) {
            older = read(block) + magazine.count;
            if (top == null) return;
            top = null;
            r.r1 = 1;
            r.r3 = magazine.count;
            r.r2 = read(block);
        }
    }
}
