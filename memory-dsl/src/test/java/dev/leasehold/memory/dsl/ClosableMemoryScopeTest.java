package dev.leasehold.memory.dsl;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leasehold.memory.Lease;
import dev.leasehold.memory.LeaseClosedException;
import dev.leasehold.memory.MemoryPool;
import dev.leasehold.memory.SharedLease;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The scope as a Java program uses it: this file compiles only as long as no name is mangled and nothing Kotlin is needed. */
class ClosableMemoryScopeTest {
  private final MemoryPool pool = MemoryPool.isolated("java");

  @AfterEach
  void nothingIsLeft() {
    assertEquals(0, pool.stats().getUsed());
    pool.close();
  }

  @Test
  void whatIsRentedAndAllocatedEndsWithTheBlock() {
    Lease lease;
    SharedLease shared;
    MemorySegment segment;
    try (var scope = MemoryScope.open(pool)) {
      lease = scope.rent(pool, 1024);
      shared = scope.rentShared(pool, 1024);
      segment = scope.allocate(64);
      lease.asMemorySegment().set(JAVA_INT, 0, 42);
      segment.set(JAVA_LONG, 0, 43L);
      assertEquals(64, segment.byteSize());
      assertEquals(42, lease.asMemorySegment().get(JAVA_INT, 0));
    }
    assertTrue(lease.isClosed());
    assertTrue(shared.isClosed());
    assertThrows(IllegalStateException.class, () -> segment.get(JAVA_LONG, 0));
  }

  @Test
  void itIsASegmentAllocator() {
    try (var scope = MemoryScope.open(pool)) {
      assertEquals("text", scope.allocateFrom("text").getString(0));
      assertEquals(12, scope.allocate(JAVA_INT, 3).byteSize());
      assertEquals(0, scope.allocate(100, 256).address() % 256);
    }
  }

  @Test
  void theOrderIsTheReverseOneAndFailuresAreSuppressed() {
    List<String> order = new ArrayList<>();
    var failure = assertThrows(IllegalStateException.class, () -> {
      try (var scope = MemoryScope.open(pool, "ordered")) {
        var first = scope.rent(pool, 10);
        scope.defer(() -> order.add("first " + first.isClosed()));
        scope.defer(() -> {
          throw new IllegalArgumentException("of the deferred action");
        });
        throw new IllegalStateException("of the body");
      }
    });
    assertEquals("of the body", failure.getMessage());
    assertEquals("of the deferred action", failure.getSuppressed()[0].getMessage());
    assertEquals(List.of("first false"), order);
  }

  @Test
  void aLeaseThatEscapesNamesTheScope() {
    Lease lease;
    try (var scope = MemoryScope.open(pool, "parse")) {
      lease = scope.rent(pool);
    }
    var refusal = assertThrows(LeaseClosedException.class, lease::asMemorySegment);
    assertTrue(refusal.getMessage().contains("memory scope 'parse'"), refusal.getMessage());
  }

  @Test
  void aClosedScopeRefusesAndClosingAgainDoesNothing() {
    var scope = MemoryScope.open(pool, "done");
    scope.close();
    scope.close();
    var refusal = assertThrows(ScopeClosedException.class, () -> scope.rent(pool, 1));
    assertTrue(refusal.getMessage().contains("'done'"), refusal.getMessage());
    assertThrows(ScopeClosedException.class, () -> scope.allocate(1));
  }

  @Test
  void anotherThreadCanNeitherUseNorCloseIt() throws InterruptedException {
    try (var scope = MemoryScope.open(pool, "mine")) {
      var failures = new ArrayList<Throwable>();
      var thread = new Thread(() -> {
        failures.add(assertThrows(ScopeThreadException.class, () -> scope.rent(pool, 1)));
        failures.add(assertThrows(ScopeThreadException.class, scope::close));
      });
      thread.start();
      thread.join();
      assertEquals(2, failures.size());
      assertFalse(scope.rent(pool, 1).isClosed());
    }
  }

  @Test
  void theRefusingVerbsAnswerNull() {
    try (var scope = MemoryScope.open(pool)) {
      assertNotNull(scope.tryRent(pool, 10));
      assertNotNull(scope.tryRentShared(pool, 10));
      assertEquals(0, scope.rent(pool, 10, 512).asMemorySegment().address() % 512);
      assertEquals(0, scope.rentShared(pool, 10, 512).asKeptMemorySegment().address() % 512);
    }
  }
}
