# How metadat.jsonl was made: metafor 3.8-1 with metadat 1.2-0 (counts and means as their sources print them) and VGAM
# 1.1-7 under R 4.2.2. In an empty folder: Rscript metadat.R > metadat.jsonl
suppressMessages({library(metafor); library(metadat); library(VGAM)})
num <- function(x) if (length(x)==0) "null" else if (length(x)==1) (if (is.na(x)) "null" else sprintf("%.15g", x)) else paste0("[", paste(sprintf("%.15g", x), collapse=", "), "]")
js <- function(l) paste0("{", paste(sprintf('"%s": %s', names(l), sapply(l, function(v) if (is.character(v)) (if (length(v)==1) sprintf('"%s"', v) else paste0("[", paste(sprintf('"%s"', v), collapse=", "), "]")) else if (is.list(v)) js(v) else num(v))), collapse=", "), "}")
out <- stdout()
meth <- c(fixed="FE", "dersimonian-laird"="DL", "paule-mandel"="PM", reml="REML", "maximum-likelihood"="ML", hedges="HE",
  "sidik-jonkman"="SJ", "hunter-schmidt"="HS", "empirical-bayes"="EB")
one <- function(yi, vi, name, knha) {
  test <- if (knha) "knha" else "z"
  c2 <- if (name %in% c("REML","ML","EB")) list(threshold=1e-12*mean(vi), maxiter=100000) else if (name=="PM") list(tol=1e-12, maxiter=1000, tau2.max=1e6) else list()
  m <- suppressWarnings(rma(yi, vi, method=name, test=test, control=c2)); p <- predict(m)
  l <- list(estimate=as.numeric(m$b), se=m$se, lower=m$ci.lb, upper=m$ci.ub, p=m$pval)
  if (name!="FE") l <- c(l, list(pi_lower=p$pi.lb, pi_upper=p$pi.ub))
  if (!knha) l <- c(l, list(tau2=m$tau2, i2=m$I2, h2=m$H2, q=m$QE, qp=m$QEp))
  l
}
pools <- function(yi, vi) {
  r <- list()
  for (n in names(meth)) { r[[n]] <- one(yi, vi, meth[[n]], FALSE); if (n!="fixed") r[[paste0(n, "/knapp-hartung")]] <- one(yi, vi, meth[[n]], TRUE) }
  r
}
emit <- function(dataset, source, measure, inputs, yi, vi, extra=list()) {
  writeLines(js(list(dataset=dataset, source=source, measure=measure, inputs=inputs, yi=as.numeric(yi), vi=as.numeric(vi), pools=c(pools(yi,vi), extra))), out)
}
# The beta-binomial regression of both arms, one correlation for all (Kuss 2015), by VGAM's own fit on three links.
betabin <- function(x, n, arm) {
  f <- tryCatch(vglm(cbind(x, n - x) ~ arm, betabinomial(zero=2), epsilon=1e-12, maxit=200, imethod=1), error=function(e) NULL, warning=function(w) NULL)
  if (is.null(f)) return(list())
  list(odds_ratio=unname(coef(f)["arm"]), rho=unname(plogis(coef(f)["(Intercept):2"])), loglik=logLik(f), control=unname(plogis(coef(f)["(Intercept):1"])))
}
# The same by lbeta() and optim(), with the curvature as standard error.
kuss <- function(ai,n1i,ci,n2i,m) {
  x <- c(ai,ci); n <- c(n1i,n2i); arm <- rep(c(1,2), c(length(ai), length(ci)))
  ll <- function(t) { mu <- plogis(t[arm]); s <- exp(t[3]); sum(lchoose(n,x) + lbeta(x+mu*s, n-x+(1-mu)*s) - lbeta(mu*s,(1-mu)*s)) }
  start <- c(qlogis(sum(ai)/sum(n1i)), qlogis(sum(ci)/sum(n2i)), 3)
  o <- optim(start, function(t) -ll(t), method="BFGS", control=list(reltol=1e-15, maxit=5000), hessian=FALSE)
  o <- optim(o$par, function(t) -ll(t), method="BFGS", control=list(reltol=1e-16, maxit=5000), hessian=FALSE)
  H <- optimHess(o$par, function(t) -ll(t), control=list(ndeps=rep(1e-3,3)))
  S <- solve(H)[1:2,1:2]; mu <- plogis(o$par[1:2])
  g <- switch(m, OR=c(1,-1), RR=c(1-mu[1], -(1-mu[2])), RD=c(mu[1]*(1-mu[1]), -mu[2]*(1-mu[2])))
  est <- switch(m, OR=diff(rev(o$par[1:2])), RR=log(mu[1]/mu[2]), RD=mu[1]-mu[2])
  list(estimate=est, se=sqrt(drop(t(g)%*%S%*%g)), rho=1/(1+exp(o$par[3])), loglik=-o$value)
}
two <- function(dataset, source, ai,n1i,ci,n2i) {
  beta <- betabin(c(ai,ci), c(n1i,n2i), rep(1:0, each=length(ai)))
  for (m in c("RR","OR","RD")) {
    e <- escalc(measure=m, ai=ai,n1i=n1i,ci=ci,n2i=n2i, add=1/2, to="only0", drop00=FALSE)
    mh <- rma.mh(measure=m, ai=ai,n1i=n1i,ci=ci,n2i=n2i, add=c(1/2,0), to=c("only0","none"), drop00=FALSE, correct=FALSE)
    ex <- list("mantel-haenszel"=list(estimate=as.numeric(mh$b), se=mh$se, lower=mh$ci.lb, upper=mh$ci.ub, p=mh$pval))
    if (dataset %in% c("bcg","nielweise2007","hahn2001","laopaiboon2015","li2007","damico2009")) ex[["beta-binomial"]] <- c(kuss(ai,n1i,ci,n2i,m), if (m=="OR" && length(beta)) list(vgam_estimate=beta$odds_ratio, vgam_rho=beta$rho, vgam_loglik=beta$loglik) else list())
    if (m=="OR") { pe <- rma.peto(ai=ai,n1i=n1i,ci=ci,n2i=n2i, add=c(1/2,0), to=c("only0","none"), drop00=FALSE); ex$peto <- list(estimate=as.numeric(pe$b), se=pe$se, lower=pe$ci.lb, upper=pe$ci.ub, p=pe$pval) }
    emit(dataset, source, c(RR="risk-ratio",OR="odds-ratio",RD="risk-difference")[[m]], list(treated=ai, treated_of=n1i, control=ci, control_of=n2i), e$yi, e$vi, ex)
  }
}
b <- dat.bcg; two("bcg","Colditz et al. 1994, JAMA 271:698",b$tpos,b$tpos+b$tneg,b$cpos,b$cpos+b$cneg)
for (d in list(list("nielweise2007","Niel-Weise et al. 2007, Intensive Care Med 33:2058"),list("hahn2001","Hahn, Kim & Garner 2001, BMJ 323:81"),list("laopaiboon2015","Laopaiboon et al. 2015, Cochrane Database Syst Rev CD001954"),list("hine1989","Normand 1999, Stat Med 18:321, table of Hine et al. 1989"),list("li2007","Li et al. 2007, Cochrane Database Syst Rev CD002755"),list("graves2010","Graves et al. 2010, Cochrane Database Syst Rev CD000974"),list("egger2001","Egger, Davey Smith & Altman 2001, Systematic Reviews in Health Care"))) {
  x <- get(paste0("dat.",d[[1]])); x <- x[complete.cases(x[,c("ai","n1i","ci","n2i")]),]; two(d[[1]], d[[2]], x$ai,x$n1i,x$ci,x$n2i) }
x <- dat.damico2009; two("damico2009","D'Amico et al. 2009, Cochrane Database Syst Rev CD000022",x$xt,x$nt,x$xc,x$nc)
mean2 <- function(dataset, source, x) { x <- x[complete.cases(x[,c("n1i","m1i","sd1i","n2i","m2i","sd2i")]),]; e <- escalc(measure="MD", n1i=n1i,m1i=m1i,sd1i=sd1i,n2i=n2i,m2i=m2i,sd2i=sd2i, data=x)
  emit(dataset, source, "mean-difference", list(treated_mean=x$m1i,treated_sd=x$sd1i,treated_n=x$n1i,control_mean=x$m2i,control_sd=x$sd2i,control_n=x$n2i), e$yi, e$vi) }
mean2("normand1999","Normand 1999, Stat Med 18:321",dat.normand1999)
mean2("gibson2002","Gibson et al. 2002, Cochrane Database Syst Rev CD001117",dat.gibson2002)
single <- function(dataset, source, xi, ni) for (m in c(logit="PLO",raw="PR","double-arcsine"="PFT")) {
  e <- escalc(measure=m, xi=xi, ni=ni, add=if (m=="PFT") 0 else 1/2, to="only0"); emit(dataset, source, c(PLO="logit",PR="raw",PFT="double-arcsine")[[m]], list(events=xi, of=ni), e$yi, e$vi) }
single("pritz1997","Zhou, Brizendine & Pritz 1999, Stat Med 18:557",dat.pritz1997$xi,dat.pritz1997$ni)
x <- dat.debruin2009; single("debruin2009","de Bruin et al. 2009, Health Psychol 28:285",x$xi,x$ni)
x <- dat.senn2013[dat.senn2013$comment=="change" & dat.senn2013$treatment=="placebo",]; e <- escalc(measure="MN", mi=mi, sdi=sdi, ni=ni, data=x)
emit("senn2013","Senn et al. 2013, Stat Methods Med Res 22:169","mean-change",list(change_mean=x$mi,change_sd=x$sdi,n=x$ni), e$yi, e$vi)
x <- dat.nielweise2008; e <- escalc(measure="IRR", x1i=x1i,t1i=t1i,x2i=x2i,t2i=t2i,data=x, add=1/2,to="only0")
emit("nielweise2008","Niel-Weise et al. 2008, J Hosp Infect 70:196","rate-ratio",list(treated_events=x$x1i,treated_time=x$t1i,control_events=x$x2i,control_time=x$t2i,effect=exp(as.numeric(e$yi)),effect_se=sqrt(as.numeric(e$vi))), e$yi, e$vi)
