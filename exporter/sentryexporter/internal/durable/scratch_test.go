package durable
import ("testing";"context";"fmt";"os";"os/exec";"path/filepath";"strings";"strconv";"math/rand"
"go.opentelemetry.io/collector/component"
"go.opentelemetry.io/collector/extension/extensiontest"
"go.opentelemetry.io/collector/extension/xextension/storage"
"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage")
func open(dir string, recreate bool, onstart bool) (storage.Client, error) {
 f:=filestorage.NewFactory(); cfg:=f.CreateDefaultConfig().(*filestorage.Config)
 cfg.Directory=dir; cfg.Recreate=recreate; cfg.Compaction.Directory=dir; cfg.Compaction.OnStart=onstart
 ext,err:=f.Create(context.Background(), extensiontest.NewNopSettings(f.Type()), cfg); if err!=nil {return nil,err}
 return ext.(storage.Extension).GetClient(context.Background(), component.KindExporter, component.MustNewIDWithName("sentry","x#y#events"), "logs")
}
func TestChild(t *testing.T){
 dir:=os.Getenv("CHILD_DIR"); if dir=="" {t.Skip()}
 c,err:=open(dir,true,os.Getenv("ONSTART")=="1")
 if err!=nil {fmt.Println("RESULT error", err); return}
 n:=0
 for i:=0;i<200;i++ { b,err:=c.Get(context.Background(), strconv.Itoa(i)); if err!=nil {fmt.Println("RESULT geterr",err);return}; if b!=nil {n++} }
 m,_:=filepath.Glob(dir+"/*.backup")
 fmt.Println("RESULT open, values", n, "backups", len(m))
}
func TestScratch(t *testing.T){
 src:=t.TempDir(); c,err:=open(src,true,false); if err!=nil {t.Fatal(err)}
 for i:=0;i<200;i++ { _=c.Set(context.Background(), strconv.Itoa(i), []byte(strings.Repeat("x", 500+i*30))) }
 c.Close(context.Background())
 es,_:=os.ReadDir(src); name:=es[0].Name(); data,_:=os.ReadFile(filepath.Join(src,name)); fmt.Println(name,len(data))
 run:=func(label string, d []byte){
  for _,on:=range []string{"0","1"} {
  dir:=t.TempDir(); os.WriteFile(filepath.Join(dir,name), d, 0600)
  cmd:=exec.Command(os.Args[0],"-test.run=^TestChild$","-test.v"); cmd.Env=append(os.Environ(),"CHILD_DIR="+dir,"ONSTART="+on)
  out,err:=cmd.CombinedOutput()
  res:="DIED"; for _,l:=range strings.Split(string(out),"\n") { if strings.HasPrefix(l,"RESULT"){res=l}; if res=="DIED" && (strings.HasPrefix(l,"fatal")||strings.HasPrefix(l,"unexpected fault")||strings.HasPrefix(l,"panic:")||strings.HasPrefix(l,"[signal")) {res+=" "+l} }
  fmt.Println(label,"onstart",on,"->",res, err)
 }}
 for _,n:=range []int{0,1,100,4096,8192,12288,16384,32768,65536,len(data)/4,len(data)/2,len(data)*3/4,len(data)-4096} { if n<=len(data) {run(fmt.Sprint("truncate ",n), data[:n])} }
 run("meta0 zero", append(make([]byte,4096), data[4096:]...))
 run("metas zero", append(make([]byte,8192), data[8192:]...))
 for k:=0;k<20;k++ { r:=rand.New(rand.NewSource(int64(k))); d:=append([]byte{},data...); p:=2+r.Intn(len(d)/4096-2); if k%2==0 {clear(d[p*4096:(p+1)*4096])} else {r.Read(d[p*4096:(p+1)*4096])}; run(fmt.Sprint("page ",p," k ",k),d) }
}
