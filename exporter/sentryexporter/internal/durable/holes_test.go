package durable

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// Each test shows a hole of the queue alone, and that a Guard closes it. Where the first half fails, the queue was mended: then the
// Guard may have become superfluous there, or wrong.

// The queue writes with every read, and throws away what it reads while it cannot write.
func TestFullDiskWhileDelivering(t *testing.T) {
	both(t, func(t *testing.T, guarded bool) {
		d := newDisk()
		p := run(t, d, plan{guarded: guarded, hold: []string{"0"}})
		for _, name := range numbered(0, 4) {
			require.NoError(t, p.offer(name))
		}
		synctest.Wait()
		d.setFault(full)
		p.release("0")
		if !guarded {
			assert.Equal(t, []string{"0"}, p.got(), "three of four requests are thrown away")
		} else {
			assert.Equal(t, numbered(0, 4), p.got(), "a full disk does not stop delivery")
		}
		assert.Len(t, d.items(), 4, "nothing could be deleted")

		d.setFault(nil)
		time.Sleep(probeInterval)
		require.NoError(t, p.offer("4"))
		synctest.Wait()
		p.shutdown()
		if !guarded {
			assert.Len(t, d.items(), 4, "they stay in the file for ever, and are delivered by no start either")
			return
		}
		assert.Equal(t, numbered(0, 5), p.got())
		assert.Empty(t, d.items(), "deletions are made up for")
	})
}

// A request that could not be deleted stays in the file for ever.
func TestFailedDeletion(t *testing.T) {
	both(t, func(t *testing.T, guarded bool) {
		d := newDisk()
		p := run(t, d, plan{guarded: guarded})
		d.setFault(noDeletes)
		require.NoError(t, p.offer("0"))
		synctest.Wait()
		require.Equal(t, []string{"0"}, p.got())
		d.setFault(nil)
		time.Sleep(probeInterval)
		require.NoError(t, p.offer("1"))
		synctest.Wait()
		p.shutdown()
		if !guarded {
			assert.Equal(t, []int{0}, d.items())
			return
		}
		assert.Empty(t, d.items())
	})
}

// Many failed deletions, a disk that first takes single ones only, then all.
func TestFailedDeletionsAreMadeUpFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		p := run(t, d, plan{guarded: true, hold: []string{"0"}})
		const n = 3*owedAtOnce + 7
		for _, name := range numbered(0, n) {
			require.NoError(t, p.offer(name))
		}
		d.setFault(full)
		p.release("0")
		require.Len(t, p.got(), n)
		require.Len(t, d.items(), n)
		single := 0
		d.setFault(func(ops []*storage.Operation) error {
			if len(ops) > 1 || single == 10 {
				return errFull
			}
			single++
			return nil
		})
		time.Sleep(probeInterval)
		require.ErrorIs(t, p.offer("x"), errFull)
		assert.Len(t, d.items(), n-10)
		d.setFault(nil)
		time.Sleep(probeInterval)
		require.NoError(t, p.offer("y"))
		synctest.Wait()
		p.shutdown()
		assert.Empty(t, d.items())
	})
}

// A shutdown makes up for deletions too, so that the next start does not repeat what was delivered.
func TestShutdownMakesUpForDeletions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		p := run(t, d, plan{guarded: true, hold: []string{"0"}})
		require.NoError(t, p.offer("0"))
		synctest.Wait()
		d.setFault(full)
		p.release("0")
		require.Len(t, d.items(), 1)
		d.setFault(nil)
		p.shutdown()
		require.Empty(t, d.items())

		p = run(t, d.next(), plan{guarded: true})
		synctest.Wait()
		p.shutdown()
		assert.Empty(t, p.got())
	})
}

// What cannot be deleted is still called in flight, so that a start without a Guard, or one that finds the disk still full, knows it.
func TestOwedDeletionsSurviveAKill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		p := run(t, d, plan{guarded: true, hold: []string{"0"}})
		for _, name := range numbered(0, 3) {
			require.NoError(t, p.offer(name))
		}
		synctest.Wait()
		d.setFault(full)
		p.release("0")
		d.kill()
		p.bury()

		d = d.next()
		p = run(t, d, plan{guarded: true})
		synctest.Wait()
		p.shutdown()
		assert.Equal(t, numbered(0, 3), p.got(), "once more: at least once")
		assert.Empty(t, d.items())
	})
}

// The queue throws away what it cannot read.
func TestUnreadableDisk(t *testing.T) {
	both(t, func(t *testing.T, guarded bool) {
		d := newDisk()
		p := run(t, d, plan{guarded: guarded, hold: []string{"0"}})
		for _, name := range numbered(0, 4) {
			require.NoError(t, p.offer(name))
		}
		synctest.Wait()
		d.setFault(unreadable)
		p.release("0")
		if guarded {
			require.ErrorIs(t, p.guard.Ready(), errIO, "callers do not queue up for the lock")
		}
		time.Sleep(time.Hour)
		d.setFault(nil)
		time.Sleep(lastPause)
		synctest.Wait()
		if !guarded {
			assert.Equal(t, []string{"0"}, p.got())
			assert.Len(t, d.items(), 4)
			p.shutdown()
			return
		}
		assert.Equal(t, numbered(0, 4), p.got())
		require.NoError(t, p.offer("4"))
		synctest.Wait()
		p.shutdown()
		assert.Equal(t, numbered(0, 5), p.got())
		assert.Empty(t, d.items())
	})
}

// Shutdown ends the waiting for a read. The disk may work again a moment later: what the queue then thinks it gave up must stay.
func TestShutdownWhileUnreadable(t *testing.T) {
	both(t, func(t *testing.T, guarded bool) {
		d := newDisk()
		p := run(t, d, plan{guarded: guarded, hold: []string{"0"}})
		for _, name := range numbered(0, 4) {
			require.NoError(t, p.offer(name))
		}
		synctest.Wait()
		reads := 0
		d.setFault(func(ops []*storage.Operation) error {
			if has(ops, storage.Get) && reads < 3 {
				reads++
				return errIO
			}
			return nil
		})
		p.release("0")
		p.shutdown()

		d = d.next()
		again := run(t, d, plan{guarded: guarded})
		synctest.Wait()
		again.shutdown()
		assert.Empty(t, d.items())
		if !guarded {
			assert.NotEmpty(t, missing(p, again))
			return
		}
		assert.Empty(t, missing(p, again))
	})
}

// A refused write must not be acknowledged, and the next one after the disk works again must.
func TestFullDiskRefuses(t *testing.T) {
	both(t, func(t *testing.T, guarded bool) {
		d := newDisk()
		p := run(t, d, plan{guarded: guarded})
		require.NoError(t, p.offer("0"))
		synctest.Wait()
		d.setFault(full)
		require.ErrorIs(t, p.offer("1"), errFull)
		require.ErrorIs(t, p.offer("2"), errFull)
		d.setFault(nil)
		time.Sleep(probeInterval)
		require.NoError(t, p.offer("3"))
		synctest.Wait()
		p.shutdown()
		want := []string{"0", "3"}
		if !guarded {
			want = []string{"0", "(empty)", "(empty)", "3"} // what was refused comes out as an empty request
		}
		assert.Equal(t, want, p.got())
		assert.Empty(t, d.items())
	})
}

// The queue takes bookkeeping that it cannot get for bookkeeping that is not there, and overwrites all.
func TestUnreadableBookkeeping(t *testing.T) {
	for name, unusable := range map[string]func(d *disk){
		"cannot be read": func(d *disk) { d.setFault(unreadable) },
		"garbage":        func(d *disk) { d.data[bookkeepingKey] = []byte("garbage") },
		"cut short":      func(d *disk) { d.data[bookkeepingKey] = d.data[bookkeepingKey][:5] },
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, guarded bool) {
				d := newDisk()
				first := run(t, d, plan{guarded: guarded, hold: []string{"0"}})
				for _, name := range numbered(0, 3) {
					require.NoError(t, first.offer(name))
				}
				synctest.Wait()
				d.kill()
				first.bury()

				d = d.next()
				sound := slices.Clone(d.data[bookkeepingKey])
				unusable(d)
				second := launch(t, plan{guarded: guarded})
				err := second.start(d)
				d.setFault(nil)
				if !guarded {
					require.NoError(t, err)
					require.NoError(t, second.offer("3")) // stored where "0" was
				} else {
					require.ErrorContains(t, err, `queue storage "file_storage" of "sentry/#default#events"`)
					d.data[bookkeepingKey] = sound // somebody mends it
				}
				synctest.Wait()
				second.shutdown()

				d = d.next()
				third := run(t, d, plan{guarded: guarded})
				synctest.Wait()
				third.shutdown()
				lost := missing(first, second, third)
				if !guarded {
					assert.Equal(t, numbered(0, 3), lost)
					return
				}
				assert.Empty(t, lost)
				assert.Empty(t, d.items())
			})
		})
	}
}

// A bookkeeping that reads behind what it wrote makes the queue read 2^64 items.
func TestBookkeepingBehindItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		d.data[bookkeepingKey] = binary.LittleEndian.AppendUint64([]byte{fieldReadIndex<<3 | wireFixed64}, 7)
		p := launch(t, plan{guarded: true})
		require.ErrorIs(t, p.start(d), errBookkeeping)
		p.shutdown()
	})
}

// A start finds the disk full while requests were in flight: the queue deletes them, and cannot store them again.
func TestStartOnAFullDisk(t *testing.T) {
	noSpace := func(ops []*storage.Operation) error { // deletions still work
		if has(ops, storage.Set) {
			return errFull
		}
		return nil
	}
	both(t, func(t *testing.T, guarded bool) {
		d := newDisk()
		first := run(t, d, plan{guarded: guarded, consumers: 2, hold: []string{"0", "2"}})
		for _, name := range numbered(0, 5) {
			require.NoError(t, first.offer(name))
			synctest.Wait()
		}
		d.kill()
		first.bury()

		d = d.next()
		before := bytes.Clone(d.data[bookkeepingKey])
		d.setFault(noSpace)
		second := run(t, d, plan{guarded: guarded})
		synctest.Wait()
		lost := missing(first, second)
		if !guarded {
			assert.NotEmpty(t, lost)
		} else {
			assert.Empty(t, lost, "delivered from the full disk")
			assert.Equal(t, before, d.data[bookkeepingKey])
		}
		d.setFault(nil)
		second.shutdown()
		if guarded {
			again := run(t, d.next(), plan{guarded: true})
			synctest.Wait()
			again.shutdown()
			assert.Empty(t, again.got(), "what was delivered is deleted at the latest by the shutdown")
		}
	})
}

// A disk that fails at random, and processes that are killed at random: nothing is lost, and in the end nothing stays.
func TestFailingDisk(t *testing.T) {
	const lives = 6
	faults := []func(ops []*storage.Operation) error{nil, nil, full, noDeletes, unreadable}
	tell := func(t *testing.T, guarded bool, seed uint64) (lost []string, left []int) {
		random := rand.New(rand.NewPCG(seed, 0))
		d := newDisk()
		var processes []*process
		offered := 0
		for range lives {
			p := run(t, d, plan{guarded: guarded, hold: []string{strconv.Itoa(offered + random.IntN(5)), strconv.Itoa(offered + 5 + random.IntN(5))}})
			processes = append(processes, p)
			for range 40 {
				synctest.Wait()
				switch random.IntN(7) {
				case 0:
					d.setFault(faults[random.IntN(len(faults))])
				case 1:
					time.Sleep(time.Duration(random.IntN(6000)) * time.Millisecond)
				case 2:
					for name := range p.held {
						p.release(name)
						break
					}
				default:
					_ = p.offer(strconv.Itoa(offered))
					offered++
				}
			}
			d.kill()
			p.bury()
			d = d.next()
		}
		last := run(t, d, plan{guarded: guarded})
		synctest.Wait()
		last.shutdown()
		return missing(append(processes, last)...), d.items()
	}
	t.Run("queue alone", func(t *testing.T) {
		losses, leaks := 0, 0
		for seed := range uint64(50) {
			synctest.Test(t, func(t *testing.T) {
				lost, left := tell(t, false, seed)
				losses, leaks = losses+len(lost), leaks+len(left)
			})
		}
		t.Logf("%d requests were lost, %d stay in the file for ever", losses, leaks)
		assert.Positive(t, losses)
		assert.Positive(t, leaks)
	})
	t.Run("guarded", func(t *testing.T) {
		for seed := range uint64(300) {
			synctest.Test(t, func(t *testing.T) {
				lost, left := tell(t, true, seed)
				assert.Empty(t, lost, "seed %d", seed)
				assert.Empty(t, left, "seed %d", seed)
			})
		}
	})
}
