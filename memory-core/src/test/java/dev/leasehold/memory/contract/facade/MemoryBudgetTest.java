package dev.leasehold.memory.contract.facade;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.leasehold.memory.BudgetExceededException;
import dev.leasehold.memory.BudgetInUseException;
import dev.leasehold.memory.Memory;
import dev.leasehold.memory.MemoryBudget;
import dev.leasehold.memory.MemoryPool;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Budgets as Java sees them. */
final class MemoryBudgetTest {
    @Test
    void aBudgetIsMadeWithAsMuchAsIsWanted() {
        try (var plain = MemoryBudget.of("plain");
             var limited = MemoryBudget.of("limited", 1 << 20);
             var nested = MemoryBudget.of("nested", 1 << 16, limited)) {
            assertSame(MemoryBudget.root(), plain.getParent());
            assertEquals(Long.MAX_VALUE, plain.getLimit());
            assertEquals(1 << 20, limited.getLimit());
            assertSame(limited, nested.getParent());
            assertEquals("app › limited › nested", nested.getPath());
            assertEquals(List.of(nested), limited.getChildren());
            nested.setLimit(1 << 12);
            assertEquals(1 << 12, nested.getAvailable());
        }
    }

    @Test
    void poolsDrawOnABudgetAndLeasesMoveToOthers() {
        try (var from = MemoryBudget.of("from", 1 << 20);
             var to = MemoryBudget.of("to", 1 << 20);
             var pool = MemoryPool.isolated("pool", options -> options.setBudget(from))) {
            var crossed = new ArrayList<Long>();
            assertSame(from, pool.getBudget());
            var watch = to.onSoftLimit(4096, (budget, used) -> {
                assertSame(to, budget);
                crossed.add(used);
            });
            try (var lease = Memory.rent(pool, 4096).transferTo(to);
                 var shared = Memory.rentShared(pool, 100).transferTo(to)) {
                assertEquals(lease.getSize() + shared.getSize() + 28, to.getUsed());
                assertEquals(to.getUsed(), pool.stats().getTransferred());
            }
            assertEquals(List.of(4096L), crossed);
            assertEquals(0, to.getUsed());
            assertThrows(BudgetInUseException.class, from::close);
            assertThrows(BudgetExceededException.class, () -> Memory.rent(pool, 2 << 20));
            watch.close();
            assertEquals(4096, watch.getThreshold());
            assertEquals(4096 + 128, to.getPeak());
        }
    }
}
